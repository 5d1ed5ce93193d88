#!/usr/bin/env node
/**
 * A table of eleven JOSE libraries: which open the JWE of 156 pairs of `alg` and `enc` with their curves, verify 17 kinds of JWS by a key and
 * by a JWK Set, and encrypt for a public key. Only one of them does all.
 *
 * Guess:   an algorithm of RFC 7518, 8037 or 9864 works in every library that is maintained; one that verifies by a key verifies by a JWK Set
 *          with that key; and a JWK Set is read as RFC 7517 section 5 says: "Implementations SHOULD ignore JWKs within a JWK Set that use
 *          "kty" (key type) values that are not understood by them".
 * Is:      RSA-OAEP-384 and -512 work in four of the nine that read JWE, `Ed25519` and ML-DSA in few. Nimbus verifies `EdDSA` by a key and finds none for it in
 *          a JWK Set. One ML-DSA key in a set makes Authlib, go-jose and jwx refuse all of it, an X25519 key go-jose. joserfc refuses a JWE
 *          with a header parameter that it was not told of. Authlib leaves zeros in front of the coordinates of `epk` away.
 * Version: `LIBRARIES` below.
 * Source:  RFC 7516, 7517, 7518, 8037, 9864 and 9964; what each library says of the algorithms that it has.
 * Who:     whoever chooses an algorithm for data or signatures that the library of somebody else is to open.
 *
 *   node findings/jose-libraries.mjs     needs Node 26, npm, python3, Java 17 with mvn, Go and cargo; takes some minutes. Where one of
 *                                        them is missing it says so, measures the others and ends with 2.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, createSecretKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const JOSE = '6.2.17';
export const PAYLOAD = JSON.stringify({ sub: 'somebody', text: 'attack at dawn' });

// --- Forms: what is handed to each library. -----------------------------------------------------------------------------------------

const ENCS = { A128GCM: 16, A192GCM: 24, A256GCM: 32, 'A128CBC-HS256': 32, 'A192CBC-HS384': 48, 'A256CBC-HS512': 64 };
const SYMMETRIC = { A128KW: 16, A192KW: 24, A256KW: 32, A128GCMKW: 16, A192GCMKW: 24, A256GCMKW: 32 };
const CURVES = ['P-256', 'P-384', 'P-521', 'X25519'];
const PAIRED = [
  ...['RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'].map((alg) => ({ alg, kind: 'rsa' })),
  ...['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'].flatMap((alg) => CURVES.map((kind) => ({ alg, kind }))),
];
const SIGNATURES = [
  ...['ES256', 'ES384', 'ES512'].map((alg, index) => ({ alg, kind: CURVES[index] })),
  ...['EdDSA', 'Ed25519'].map((alg) => ({ alg, kind: 'ed25519' })),
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => ({ alg, kind: 'rsa' })),
  ...['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'].map((alg) => ({ alg, kind: alg.toLowerCase() })),
  ...[256, 384, 512].map((bits) => ({ alg: `HS${bits}`, kind: bits / 8 })),
];

/** Every other coordinate on P-521 begins with a zero byte, and one of 256 on other curves: so many tries leave no doubt. */
const ROUNDS = 16;

/** A key of a kind: a number of bytes, `rsa`, a curve, or a name that Node knows. */
const privateKeyOf = (kind) => {
  if (typeof kind === 'number') return createSecretKey(randomBytes(kind));
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
  if (kind.startsWith('P-')) return generateKeyPairSync('ec', { namedCurve: kind }).privateKey;
  return generateKeyPairSync(kind.toLowerCase()).privateKey;
};

/** One key of each kind, made when it is first asked for: nothing here hangs on their being different. */
const keyring = () => {
  const keys = {};
  return (kind) => (keys[kind] ??= privateKeyOf(kind));
};

/** A key as a JWK with the members that a JWK Set has: `kid`, `alg` and `use`, and no `key_ops`. */
const jwkOf = (key, { kid, alg, use }) => ({ ...key.export({ format: 'jwk' }), kid, alg, use });

/**
 * Every form by its name, `enc/alg`, or `alg` of a signature, and `:` and its curve where it may be on several: the compact text, its key
 * and, for a signature, the JWK Set in which its verifier finds that key.
 *
 * @param jose the module `jose`
 */
export const formsOf = async ({ CompactEncrypt, CompactSign }) => {
  const keyOf = keyring();
  const forms = {};
  const seal = async (name, kind, { alg, enc, context = {} }) => {
    const [key, kid] = [keyOf(kind), randomUUID()];
    const header = { alg, enc, kid, ...context };
    const recipient = key.type === 'secret' ? key : createPublicKey(key);
    const text = await new CompactEncrypt(Buffer.from(PAYLOAD)).setProtectedHeader(header).encrypt(recipient);
    forms[name] = { kind: 'jwe', alg, enc, text, jwk: jwkOf(key, { kid, alg, use: 'enc' }) };
  };
  for (const [enc, bytes] of Object.entries(ENCS)) {
    await seal(`${enc}/dir`, bytes, { alg: 'dir', enc });
    for (const [alg, size] of Object.entries(SYMMETRIC)) await seal(`${enc}/${alg}`, size, { alg, enc });
    for (const { alg, kind } of PAIRED) await seal(`${enc}/${alg}${kind === 'rsa' ? '' : `:${kind}`}`, kind, { alg, enc });
  }
  for (const { alg, kind } of PAIRED) {
    const [key, kid, enc] = [keyOf(kind), randomUUID(), 'A256GCM'];
    const [jwk, opener] = [createPublicKey(key), key].map((half) => jwkOf(half, { kid, alg, use: 'enc' }));
    const name = `for ${alg}${kind === 'rsa' ? '' : `:${kind}`}`;
    for (let round = 0; round < (kind === 'P-521' ? ROUNDS : 1); round += 1)
      forms[round === 0 ? name : `${name}#${round}`] = { kind: 'seal', alg, enc, kid, jwk, opener };
  }
  const ctx = randomBytes(32).toString('base64url');
  await seal('with ctx', SYMMETRIC.A256KW, { alg: 'A256KW', enc: 'A256GCM', context: { ctx } });
  for (const { alg, kind } of SIGNATURES) {
    const [key, kid] = [keyOf(kind), randomUUID()];
    const text = await new CompactSign(Buffer.from(PAYLOAD)).setProtectedHeader({ alg, kid }).sign(key);
    const verifying = key.type === 'secret' ? key : createPublicKey(key);
    const jwk = jwkOf(verifying, { kid, alg, use: 'sig' });
    forms[alg] = { kind: 'jws', alg, text, jwk };
    if (key.type !== 'secret') forms[`${alg} by JWK Set`] = { kind: 'set', alg, text, kid, set: { keys: [jwk] } };
  }
  const { text, jwk } = forms.ES256;
  const publicOf = (kind, more) => jwkOf(createPublicKey(keyOf(kind)), { kid: randomUUID(), ...more });
  const neighbours = {
    'a key with an unknown member': { ...publicOf('P-256', { alg: 'ES256', use: 'sig' }), labels: { team: 'payments' } },
    'an Ed25519 key': publicOf('ed25519', { alg: 'EdDSA', use: 'sig' }),
    'an X25519 key': publicOf('X25519', { alg: 'ECDH-ES+A256KW', use: 'enc' }),
    'an ML-DSA key': publicOf('ml-dsa-65', { alg: 'ML-DSA-65', use: 'sig' }),
  };
  for (const [name, other] of Object.entries(neighbours))
    forms[`ES256 beside ${name}`] = { kind: 'set', alg: 'ES256', text, kid: jwk.kid, set: { keys: [other, jwk] } };
  return forms;
};

// --- Probes: a program a language, which reads forms.json and prints a line of JSON for each form and library. ------------------------

const PYTHON = String.raw`
import json, sys, warnings
warnings.simplefilter('ignore')
import jwcrypto.jwe, jwcrypto.jwk, jwcrypto.jws
from joserfc import jwe as rfc_jwe, jwk as rfc_jwk, jws as rfc_jws
from joserfc.registry import HeaderParameter
from authlib.jose import JsonWebEncryption, JsonWebKey, JsonWebSignature
import jwt

def header_of(form):
    return {'alg': form['alg'], 'enc': form['enc'], 'kid': form['kid']}

def by_jwcrypto(form):
    if form['kind'] == 'seal':
        algs = [form['alg'], form['enc']]
        key = jwcrypto.jwk.JWK(**form['jwk'])
        return jwcrypto.jwe.JWE(payload, json.dumps(header_of(form)), recipient=key, algs=algs).serialize(compact=True).encode()
    if form['kind'] == 'jwe':
        read = jwcrypto.jwe.JWE(algs=[form['alg'], form['enc']])
        read.deserialize(form['text'], jwcrypto.jwk.JWK(**form['jwk']))
        return read.payload
    if form['kind'] == 'set':
        key = jwcrypto.jwk.JWKSet.from_json(json.dumps(form['set'])).get_key(form['kid'])
    else:
        key = jwcrypto.jwk.JWK(**form['jwk'])
    read = jwcrypto.jws.JWS()
    read.allowed_algs = [form['alg']]
    read.deserialize(form['text'], key)
    return read.payload

def by_joserfc(form, registry=None):
    if form['kind'] == 'seal':
        registry = rfc_jwe.JWERegistry(algorithms=[form['alg'], form['enc']])
        return rfc_jwe.encrypt_compact(header_of(form), payload, rfc_jwk.import_key(form['jwk']), registry=registry).encode()
    if form['kind'] == 'jwe':
        registry = registry or rfc_jwe.JWERegistry(algorithms=[form['alg'], form['enc']])
        return rfc_jwe.decrypt_compact(form['text'], rfc_jwk.import_key(form['jwk']), registry=registry).plaintext
    key = rfc_jwk.KeySet.import_key_set(form['set']) if form['kind'] == 'set' else rfc_jwk.import_key(form['jwk'])
    return rfc_jws.deserialize_compact(form['text'], key, algorithms=[form['alg']]).payload

def by_joserfc_told(form):
    context = {'ctx': HeaderParameter('Context', 'str')}
    return by_joserfc(form, rfc_jwe.JWERegistry(header_registry=context, algorithms=[form['alg'], form['enc']]))

def by_authlib(form):
    if form['kind'] == 'seal':
        return JsonWebEncryption().serialize_compact(header_of(form), payload, JsonWebKey.import_key(form['jwk']))
    if form['kind'] == 'jwe':
        return JsonWebEncryption().deserialize_compact(form['text'], JsonWebKey.import_key(form['jwk']))['payload']
    key = JsonWebKey.import_key_set(form['set']).find_by_kid(form['kid']) if form['kind'] == 'set' else JsonWebKey.import_key(form['jwk'])
    return JsonWebSignature([form['alg']]).deserialize_compact(form['text'], key)['payload']

def by_pyjwt(form):
    if form['kind'] in ('jwe', 'seal'):
        return None
    key = jwt.PyJWKSet.from_dict(form['set'])[form['kid']] if form['kind'] == 'set' else jwt.PyJWK(form['jwk'])
    return jwt.PyJWS().decode(form['text'], key, algorithms=[form['alg']])

read = json.load(open(sys.argv[1]))
payload = read['payload'].encode()
for name, form in read['forms'].items():
    libraries = {'jwcrypto': by_jwcrypto, 'joserfc': by_joserfc, 'Authlib': by_authlib, 'PyJWT': by_pyjwt}
    if name == 'with ctx':
        libraries['joserfc, told of ctx'] = by_joserfc_told
    for library, opened in libraries.items():
        try:
            made = opened(form)
            if made is None:
                continue
            line = {'made': made.decode()}
        except Exception as refusal:
            line = {'error': f'{type(refusal).__name__}: {refusal}'}
        print(json.dumps({'library': library, 'name': name, **line}))
`;

const JAVA = String.raw`import com.google.gson.*;
import com.nimbusds.jose.*;
import com.nimbusds.jose.crypto.*;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.*;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.*;
import java.nio.file.*;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwe.JsonWebEncryption;
import org.jose4j.jwk.*;
import org.jose4j.jws.JsonWebSignature;

public class Probe {
    interface Library { String open(JsonObject form) throws Exception; }

    static String payload;

    static String text(JsonObject form, String member) { return form.get(member).getAsString(); }

    static String byNimbus(JsonObject form) throws Exception {
        if (text(form, "kind").equals("seal")) {
            var recipient = JWK.parse(form.get("jwk").toString());
            var header = new JWEHeader.Builder(JWEAlgorithm.parse(text(form, "alg")), EncryptionMethod.parse(text(form, "enc")))
                .keyID(text(form, "kid")).build();
            var sealed = new JWEObject(header, new Payload(payload));
            if (recipient instanceof RSAKey rsa) sealed.encrypt(new RSAEncrypter(rsa));
            else if (recipient instanceof ECKey ec) sealed.encrypt(new ECDHEncrypter(ec));
            else sealed.encrypt(new X25519Encrypter((OctetKeyPair) recipient));
            return sealed.serialize();
        }
        if (text(form, "kind").equals("set")) {
            var keys = new ImmutableJWKSet<SecurityContext>(JWKSet.parse(form.get("set").toString()));
            var processor = new DefaultJOSEProcessor<SecurityContext>();
            processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.parse(text(form, "alg")), keys));
            return processor.process(text(form, "text"), null).toString();
        }
        var key = JWK.parse(form.get("jwk").toString());
        if (text(form, "kind").equals("jws")) {
            var jws = JWSObject.parse(text(form, "text"));
            var verifier = key instanceof OctetKeyPair pair ? new Ed25519Verifier(pair)
                : new DefaultJWSVerifierFactory().createJWSVerifier(jws.getHeader(),
                    key instanceof OctetSequenceKey secret ? secret.toSecretKey() : ((AsymmetricJWK) key).toPublicKey());
            return jws.verify(verifier) ? jws.getPayload().toString() : "";
        }
        var jwe = JWEObject.parse(text(form, "text"));
        if (key instanceof RSAKey rsa) jwe.decrypt(new RSADecrypter(rsa));
        else if (key instanceof ECKey ec) jwe.decrypt(new ECDHDecrypter(ec));
        else if (key instanceof OctetKeyPair pair) jwe.decrypt(new X25519Decrypter(pair));
        else if (text(form, "alg").equals("dir")) jwe.decrypt(new DirectDecrypter((OctetSequenceKey) key));
        else jwe.decrypt(new AESDecrypter((OctetSequenceKey) key));
        return jwe.getPayload().toString();
    }

    static String byJose4j(JsonObject form) throws Exception {
        var only = new AlgorithmConstraints(ConstraintType.PERMIT, text(form, "alg"));
        if (text(form, "kind").equals("seal")) {
            var sealed = new JsonWebEncryption();
            sealed.setAlgorithmHeaderValue(text(form, "alg"));
            sealed.setEncryptionMethodHeaderParameter(text(form, "enc"));
            sealed.setKeyIdHeaderValue(text(form, "kid"));
            sealed.setKey(JsonWebKey.Factory.newJwk(form.get("jwk").toString()).getKey());
            sealed.setPayload(payload);
            return sealed.getCompactSerialization();
        }
        if (text(form, "kind").equals("jwe")) {
            var jwe = new JsonWebEncryption();
            jwe.setAlgorithmConstraints(only);
            jwe.setContentEncryptionAlgorithmConstraints(new AlgorithmConstraints(ConstraintType.PERMIT, text(form, "enc")));
            jwe.setCompactSerialization(text(form, "text"));
            var key = JsonWebKey.Factory.newJwk(form.get("jwk").toString());
            jwe.setKey(key instanceof PublicJsonWebKey pair ? pair.getPrivateKey() : key.getKey());
            return jwe.getPayload();
        }
        var jws = new JsonWebSignature();
        jws.setAlgorithmConstraints(only);
        jws.setCompactSerialization(text(form, "text"));
        var key = text(form, "kind").equals("set")
            ? new VerificationJwkSelector().select(jws, new JsonWebKeySet(form.get("set").toString()).getJsonWebKeys())
            : JsonWebKey.Factory.newJwk(form.get("jwk").toString());
        if (key == null) throw new IllegalStateException("no key of the set fits");
        jws.setKey(key.getKey());
        return jws.verifySignature() ? jws.getPayload() : "";
    }

    public static void main(String[] arguments) throws Exception {
        var read = JsonParser.parseString(Files.readString(Path.of(arguments[0]))).getAsJsonObject();
        payload = text(read, "payload");
        for (var entry : read.getAsJsonObject("forms").entrySet()) {
            var libraries = new java.util.LinkedHashMap<String, Library>();
            libraries.put("nimbus-jose-jwt", Probe::byNimbus);
            libraries.put("jose4j", Probe::byJose4j);
            libraries.forEach((library, opened) -> {
                var line = new JsonObject();
                line.addProperty("library", library);
                line.addProperty("name", entry.getKey());
                try {
                    line.addProperty("made", opened.open(entry.getValue().getAsJsonObject()));
                } catch (Exception | LinkageError refusal) {
                    line.addProperty("error", refusal.toString());
                }
                System.out.println(line);
            });
        }
    }
}
`;

const GO = String.raw`package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/go-jose/go-jose/v4"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwe"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
)

type form struct {
	Kind, Alg, Enc, Text, Kid string
	Jwk, Set                  json.RawMessage
}

var payload string

func byGoJose(form form) ([]byte, error) {
	if form.Kind == "seal" {
		var key jose.JSONWebKey
		if err := json.Unmarshal(form.Jwk, &key); err != nil {
			return nil, err
		}
		recipient := jose.Recipient{Algorithm: jose.KeyAlgorithm(form.Alg), Key: &key}
		encrypter, err := jose.NewEncrypter(jose.ContentEncryption(form.Enc), recipient, nil)
		if err != nil {
			return nil, err
		}
		sealed, err := encrypter.Encrypt([]byte(payload))
		if err != nil {
			return nil, err
		}
		text, err := sealed.CompactSerialize()
		return []byte(text), err
	}
	if form.Kind == "jwe" {
		var key jose.JSONWebKey
		if err := json.Unmarshal(form.Jwk, &key); err != nil {
			return nil, err
		}
		read, err := jose.ParseEncryptedCompact(form.Text, []jose.KeyAlgorithm{jose.KeyAlgorithm(form.Alg)}, []jose.ContentEncryption{jose.ContentEncryption(form.Enc)})
		if err != nil {
			return nil, err
		}
		return read.Decrypt(key)
	}
	var key jose.JSONWebKey
	if form.Kind == "set" {
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(form.Set, &set); err != nil {
			return nil, err
		}
		found := set.Key(form.Kid)
		if len(found) != 1 {
			return nil, errors.New("no key of the set fits")
		}
		key = found[0]
	} else if err := json.Unmarshal(form.Jwk, &key); err != nil {
		return nil, err
	}
	read, err := jose.ParseSignedCompact(form.Text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(form.Alg)})
	if err != nil {
		return nil, err
	}
	return read.Verify(key)
}

func byJwx(form form) ([]byte, error) {
	if form.Kind == "set" {
		set, err := jwk.Parse(form.Set)
		if err != nil {
			return nil, err
		}
		return jws.Verify([]byte(form.Text), jws.WithKeySet(set))
	}
	key, err := jwk.ParseKey(form.Jwk)
	if err != nil {
		return nil, err
	}
	if form.Kind == "jws" {
		alg, ok := jwa.LookupSignatureAlgorithm(form.Alg)
		if !ok {
			return nil, errors.New("no algorithm of jwa: " + form.Alg)
		}
		return jws.Verify([]byte(form.Text), jws.WithKey(alg, key))
	}
	alg, ok := jwa.LookupKeyEncryptionAlgorithm(form.Alg)
	if !ok {
		return nil, errors.New("no algorithm of jwa: " + form.Alg)
	}
	if form.Kind == "seal" {
		enc, _ := jwa.LookupContentEncryptionAlgorithm(form.Enc)
		return jwe.Encrypt([]byte(payload), jwe.WithKey(alg, key), jwe.WithContentEncryption(enc))
	}
	return jwe.Decrypt([]byte(form.Text), jwe.WithKey(alg, key))
}

type library struct {
	name string
	open func(form) ([]byte, error)
}

func main() {
	var read struct {
		Payload string
		Forms   map[string]form
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(text, &read); err != nil {
		panic(err)
	}
	payload = read.Payload
	for name, form := range read.Forms {
		for _, library := range []library{{"go-jose", byGoJose}, {"jwx", byJwx}} {
			made, err := library.open(form)
			line := map[string]any{"library": library.name, "name": name, "made": string(made)}
			if err != nil {
				line["error"] = err.Error()
			}
			said, _ := json.Marshal(line)
			fmt.Println(string(said))
		}
	}
}
`;

const RUST = String.raw`use std::error::Error;

use josekit::jwe::{self, JweDecrypter, JweEncrypter};
use josekit::jws::{self, JwsVerifier};
use serde_json::{json, Value};

type Opened = Result<Vec<u8>, Box<dyn Error>>;

fn seal(form: &Value, key: &josekit::jwk::Jwk, payload: &[u8]) -> Opened {
    let alg = text(form, "alg");
    let encrypter: Box<dyn JweEncrypter> = match alg {
        "RSA-OAEP-256" => Box::new(jwe::RSA_OAEP_256.encrypter_from_jwk(key)?),
        "RSA-OAEP-384" => Box::new(jwe::RSA_OAEP_384.encrypter_from_jwk(key)?),
        "RSA-OAEP-512" => Box::new(jwe::RSA_OAEP_512.encrypter_from_jwk(key)?),
        "ECDH-ES" => Box::new(jwe::ECDH_ES.encrypter_from_jwk(key)?),
        "ECDH-ES+A128KW" => Box::new(jwe::ECDH_ES_A128KW.encrypter_from_jwk(key)?),
        "ECDH-ES+A192KW" => Box::new(jwe::ECDH_ES_A192KW.encrypter_from_jwk(key)?),
        "ECDH-ES+A256KW" => Box::new(jwe::ECDH_ES_A256KW.encrypter_from_jwk(key)?),
        _ => return Err(format!("no algorithm of josekit: {alg}").into()),
    };
    let mut header = jwe::JweHeader::new();
    header.set_content_encryption(text(form, "enc"));
    header.set_key_id(text(form, "kid"));
    Ok(jwe::serialize_compact(payload, &header, &*encrypter)?.into_bytes())
}

fn text<'a>(form: &'a Value, member: &str) -> &'a str {
    form[member].as_str().unwrap_or("")
}

fn by_josekit(form: &Value, payload: &[u8]) -> Opened {
    let key = match text(form, "kind") {
        "set" => {
            let set = josekit::jwk::JwkSet::from_bytes(form["set"].to_string())?;
            let found = set.get(text(form, "kid"));
            (*found.first().ok_or("no key of the set fits")?).clone()
        }
        _ => josekit::jwk::Jwk::from_bytes(form["jwk"].to_string())?,
    };
    let alg = text(form, "alg");
    if text(form, "kind") == "seal" {
        return seal(form, &key, payload);
    }
    if text(form, "kind") == "jwe" {
        let decrypter: Box<dyn JweDecrypter> = match alg {
            "dir" => Box::new(jwe::Dir.decrypter_from_jwk(&key)?),
            "A128KW" => Box::new(jwe::A128KW.decrypter_from_jwk(&key)?),
            "A192KW" => Box::new(jwe::A192KW.decrypter_from_jwk(&key)?),
            "A256KW" => Box::new(jwe::A256KW.decrypter_from_jwk(&key)?),
            "A128GCMKW" => Box::new(jwe::A128GCMKW.decrypter_from_jwk(&key)?),
            "A192GCMKW" => Box::new(jwe::A192GCMKW.decrypter_from_jwk(&key)?),
            "A256GCMKW" => Box::new(jwe::A256GCMKW.decrypter_from_jwk(&key)?),
            "RSA-OAEP-256" => Box::new(jwe::RSA_OAEP_256.decrypter_from_jwk(&key)?),
            "RSA-OAEP-384" => Box::new(jwe::RSA_OAEP_384.decrypter_from_jwk(&key)?),
            "RSA-OAEP-512" => Box::new(jwe::RSA_OAEP_512.decrypter_from_jwk(&key)?),
            "ECDH-ES" => Box::new(jwe::ECDH_ES.decrypter_from_jwk(&key)?),
            "ECDH-ES+A128KW" => Box::new(jwe::ECDH_ES_A128KW.decrypter_from_jwk(&key)?),
            "ECDH-ES+A192KW" => Box::new(jwe::ECDH_ES_A192KW.decrypter_from_jwk(&key)?),
            "ECDH-ES+A256KW" => Box::new(jwe::ECDH_ES_A256KW.decrypter_from_jwk(&key)?),
            _ => return Err(format!("no algorithm of josekit: {alg}").into()),
        };
        return Ok(jwe::deserialize_compact(text(form, "text"), &*decrypter)?.0);
    }
    let verifier: Box<dyn JwsVerifier> = match alg {
        "HS256" => Box::new(jws::HS256.verifier_from_jwk(&key)?),
        "HS384" => Box::new(jws::HS384.verifier_from_jwk(&key)?),
        "HS512" => Box::new(jws::HS512.verifier_from_jwk(&key)?),
        "RS256" => Box::new(jws::RS256.verifier_from_jwk(&key)?),
        "RS384" => Box::new(jws::RS384.verifier_from_jwk(&key)?),
        "RS512" => Box::new(jws::RS512.verifier_from_jwk(&key)?),
        "PS256" => Box::new(jws::PS256.verifier_from_jwk(&key)?),
        "PS384" => Box::new(jws::PS384.verifier_from_jwk(&key)?),
        "PS512" => Box::new(jws::PS512.verifier_from_jwk(&key)?),
        "ES256" => Box::new(jws::ES256.verifier_from_jwk(&key)?),
        "ES384" => Box::new(jws::ES384.verifier_from_jwk(&key)?),
        "ES512" => Box::new(jws::ES512.verifier_from_jwk(&key)?),
        "EdDSA" => Box::new(jws::EdDSA.verifier_from_jwk(&key)?),
        _ => return Err(format!("no algorithm of josekit: {alg}").into()),
    };
    Ok(jws::deserialize_compact(text(form, "text"), &*verifier)?.0)
}

fn by_jsonwebtoken(form: &Value, _: &[u8]) -> Opened {
    use jsonwebtoken::{decode, jwk, Algorithm, DecodingKey, Validation};
    let key: jwk::Jwk = if text(form, "kind") == "set" {
        let set: jwk::JwkSet = serde_json::from_value(form["set"].clone())?;
        set.find(text(form, "kid")).ok_or("no key of the set fits")?.clone()
    } else {
        serde_json::from_value(form["jwk"].clone())?
    };
    let mut validation = Validation::new(text(form, "alg").parse::<Algorithm>()?);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    let claims = decode::<Value>(text(form, "text"), &DecodingKey::from_jwk(&key)?, &validation)?.claims;
    Ok(claims.to_string().into_bytes())
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let read: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let payload = text(&read, "payload").as_bytes();
    for (name, form) in read["forms"].as_object().ok_or("no forms")? {
        let mut libraries: Vec<(&str, fn(&Value, &[u8]) -> Opened)> = vec![("josekit", by_josekit)];
        if ["jws", "set"].contains(&text(form, "kind")) {
            libraries.push(("jsonwebtoken", by_jsonwebtoken));
        }
        for (library, opened) in libraries {
            let (member, said) = match opened(form, payload) {
                Ok(bytes) => ("made", String::from_utf8(bytes)?),
                Err(refusal) => ("error", refusal.to_string()),
            };
            println!("{}", json!({ "library": library, "name": name, member: said }));
        }
    }
    Ok(())
}
`;

/** JavaScript needs no other program. */
const byJose = async ({ CompactEncrypt, compactDecrypt, compactVerify, createLocalJWKSet, importJWK }, form) => {
  const { kind, alg, enc, kid, text } = form;
  if (kind === 'set') return (await compactVerify(text, createLocalJWKSet(form.set), { algorithms: [alg] })).payload;
  const key = await importJWK(form.jwk, alg);
  if (kind === 'seal') return new CompactEncrypt(Buffer.from(PAYLOAD)).setProtectedHeader({ alg, enc, kid }).encrypt(key);
  if (kind === 'jws') return (await compactVerify(text, key, { algorithms: [alg] })).payload;
  return (await compactDecrypt(text, key, { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] })).plaintext;
};

const joseLines = (jose, forms) =>
  Promise.all(
    Object.entries(forms).map(async ([name, form]) => {
      try {
        return { library: 'jose', name, made: Buffer.from(await byJose(jose, form)).toString() };
      } catch (error) {
        return { library: 'jose', name, error: String(error) };
      }
    }),
  );

/** Why a JWE of a library is not as RFC 7516 and RFC 7518 want it for this recipient; undefined where it is. */
const faultOf = async ({ compactDecrypt, importJWK }, { alg, enc, kid, opener }, text) => {
  const { plaintext, protectedHeader } = await compactDecrypt(text, await importJWK(opener, alg));
  if (Buffer.from(plaintext).toString() !== PAYLOAD) return 'another plaintext';
  const { alg: itsAlg, enc: itsEnc, kid: itsKid, epk, ...others } = protectedHeader;
  if (itsAlg !== alg || itsEnc !== enc || itsKid !== kid) return `the header ${JSON.stringify(protectedHeader)}`;
  if (Object.keys(others).length > 0) return `more in the header: ${Object.keys(others).join(', ')}`;
  if (text.split('.').some((part) => Buffer.from(part, 'base64url').toString('base64url') !== part))
    return 'base64url that is not canonical';
  // Coordinates have the length of the curve, zeros in front included (RFC 7518 section 6.2.1.2).
  const isShort = (coordinate) => coordinate !== undefined && coordinate.length !== opener.x.length;
  if (opener.crv === 'P-521' && (isShort(epk?.x) || isShort(epk?.y))) return 'a coordinate without its leading zeros';
  return undefined;
};

/** Whether a library did with a form what it should, and else why not. */
const judged = async (jose, { kind, ...form }, { made, error }) => {
  if (error) return { works: false, error };
  if (kind !== 'seal') return { works: made === PAYLOAD, error: 'another payload' };
  const fault = await faultOf(jose, form, made).catch(String);
  return { works: fault === undefined, error: fault };
};

// --- Languages: how each probe is built, with pinned packages, in a folder of its own. -------------------------------------------------

const pomOf = (dependencies) => {
  const elements = dependencies.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>probe</groupId><artifactId>probe</artifactId><version>1</version><dependencies>${elements.join('\n')}</dependencies></project>`;
};

/** By language: the programs that it takes, the files of its probe, and the commands, of which the last prints the lines. */
const LANGUAGES = {
  Python: {
    tools: ['python3'],
    files: { 'probe.py': PYTHON },
    commands: [
      ['python3', '-m', 'venv', 'env'],
      [
        join('env', 'bin', 'pip'),
        'install',
        '--quiet',
        '--disable-pip-version-check',
        'jwcrypto==1.6.1',
        'joserfc==1.8.0',
        'Authlib==1.9.10',
        'PyJWT==2.15.1',
        'cryptography==50.0.2',
      ],
      [join('env', 'bin', 'python'), 'probe.py'],
    ],
  },
  Java: {
    tools: ['java', 'mvn'],
    files: {
      'Probe.java': JAVA,
      'pom.xml': pomOf([
        ['com.nimbusds', 'nimbus-jose-jwt', '10.10'],
        // Nimbus does Ed25519 and X25519 by it.
        ['com.google.crypto.tink', 'tink', '1.24.0'],
        ['org.bitbucket.b_c', 'jose4j', '0.9.7'],
        ['com.google.code.gson', 'gson', '2.14.0'],
      ]),
    },
    commands: [
      ['mvn', '-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
      ['java', '-cp', join('lib', '*'), 'Probe.java'],
    ],
  },
  Go: {
    tools: ['go'],
    files: {
      'main.go': GO,
      'go.mod':
        'module probe\n\ngo 1.25.0\n\nrequire (\n\tgithub.com/go-jose/go-jose/v4 v4.1.9\n\tgithub.com/lestrrat-go/jwx/v3 v3.4.0\n)\n',
    },
    commands: [
      ['go', 'mod', 'tidy'],
      ['go', 'run', '.'],
    ],
  },
  Rust: {
    tools: ['cargo'],
    files: {
      'src/main.rs': RUST,
      'Cargo.toml': `[package]
name = "probe"
version = "1.0.0"
edition = "2021"

[dependencies]
josekit = "=0.10.3"
jsonwebtoken = { version = "=11.1.0", features = ["rust_crypto"] }
serde_json = { version = "1", features = ["preserve_order"] }
`,
    },
    commands: [['cargo', 'run', '--quiet', '--']],
  },
};

const isThere = (tool) => spawnSync(tool, [tool === 'go' ? 'version' : '--version']).error === undefined;

/** The lines that the probe of a language prints. */
const linesOf = (language, folder) => {
  const { files, commands } = LANGUAGES[language];
  const cwd = join(folder, language);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(cwd, name, '..'), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
  const probe = commands.at(-1);
  for (const [command, ...args] of commands.slice(0, -1)) execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const options = { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] };
  const { status, stdout, stderr } = spawnSync(probe[0], [...probe.slice(1), join(folder, 'forms.json')], options);
  if (status !== 0) throw new Error(`the probe in ${language} failed: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
};

// --- Measured and expected. -----------------------------------------------------------------------------------------------------------

/**
 * Every library: its language and version, and the names of the forms that it does not open. `jwe` is false where it reads signatures
 * alone. The algorithms are named to each, as RFC 8725 section 3.1 wants it.
 */
export const LIBRARIES = {
  jose: { language: 'JavaScript', version: JOSE, jwe: true, refuses: /^$/ },
  jwcrypto: { language: 'Python', version: '1.6.1', jwe: true, refuses: /RSA-OAEP-(384|512)/ },
  joserfc: { language: 'Python', version: '1.8.0', jwe: true, refuses: /RSA-OAEP-(384|512)|^with ctx$|^ML-DSA/ },
  Authlib: {
    language: 'Python',
    version: '1.9.10',
    jwe: true,
    refuses: /RSA-OAEP-(384|512)|^for .*:P-521|^Ed25519|^ML-DSA|beside an ML-DSA key/,
  },
  PyJWT: { language: 'Python', version: '2.15.1', jwe: false, refuses: /^Ed25519|^ML-DSA/ },
  'nimbus-jose-jwt': { language: 'Java', version: '10.10', jwe: true, refuses: /^ML-DSA|^(EdDSA|Ed25519) by JWK Set/ },
  jose4j: { language: 'Java', version: '0.9.7', jwe: true, refuses: /RSA-OAEP-(384|512)|^Ed25519|^ML-DSA/ },
  'go-jose': {
    language: 'Go',
    version: '4.1.9',
    jwe: true,
    refuses: /RSA-OAEP-(384|512)|:X25519|^Ed25519|^ML-DSA|beside an (X25519|ML-DSA) key/,
  },
  jwx: { language: 'Go', version: '3.4.0', jwe: true, refuses: /^ML-DSA|beside an ML-DSA key/ },
  josekit: { language: 'Rust', version: '0.10.3', jwe: true, refuses: /^Ed25519|^ML-DSA/ },
  jsonwebtoken: { language: 'Rust', version: '11.1.0', jwe: false, refuses: /^ES512|^Ed25519|^ML-DSA/ },
};

/** By this name the form with `ctx` is given to joserfc once more, after it was told of the parameter. */
const TOLD = 'joserfc, told of ctx';

/** Forms that differ in `enc` alone stand in one row. */
const rowOf = (name) => name.replace(/^[^/ ]*\//, '*/');

const wordFor = (lines) => {
  const working = lines.filter(({ works }) => works).length;
  if (lines.length === 0) return '';
  if (working === lines.length) return 'yes';
  return working === 0 ? 'no' : `${working}/${lines.length}`;
};

const print = (lines, names) => {
  const cells = Object.groupBy(lines, ({ library, name }) => `${library}: ${rowOf(name)}`);
  const columns = Object.keys(LIBRARIES);
  const rows = [...new Set(names.map(rowOf))];
  console.table(
    Object.fromEntries(
      rows.map((row) => [row, Object.fromEntries(columns.map((each) => [each, wordFor(cells[`${each}: ${row}`] ?? [])]))]),
    ),
  );
  // Each refusal once, in the words of the library.
  for (const cell of columns.flatMap((each) => rows.map((row) => `${each}: ${row}`))) {
    const refused = cells[cell]?.find(({ works }) => !works);
    if (refused) console.log(`${cell}: ${String(refused.error).slice(0, 150)}`);
  }
};

/** Rounds of one form are one line, which works where each of them did. */
const withoutRounds = (lines) =>
  Object.values(Object.groupBy(lines, ({ library, name }) => `${library}: ${name.replace(/#\d+$/, '')}`)).map((rounds) => ({
    ...(rounds.find(({ works }) => !works) ?? rounds[0]),
    name: rounds[0].name.replace(/#\d+$/, ''),
  }));

/** The lines that are not as `LIBRARIES` says, for the languages that were measured. */
const changesIn = (lines, forms, { names, languages }) => {
  const measured = new Map(lines.map(({ library, name, works }) => [`${library}: ${name}`, works]));
  const expected = Object.entries(LIBRARIES).flatMap(([library, { language, jwe, refuses }]) =>
    names
      .filter((name) => languages.includes(language) && (jwe || forms[name].kind === 'jws' || forms[name].kind === 'set'))
      .map((name) => [`${library}: ${name}`, !refuses.test(name)]),
  );
  if (languages.includes('Python')) expected.push([`${TOLD}: with ctx`, true]);
  return expected.filter(([key, works]) => measured.get(key) !== works).map(([key]) => `${key}: ${measured.get(key) ?? 'not measured'}`);
};

const measure = async () => {
  const missing = Object.values(LANGUAGES).flatMap(({ tools }) => tools.filter((tool) => !isThere(tool)));
  const probed = Object.keys(LANGUAGES).filter((language) => LANGUAGES[language].tools.every((tool) => !missing.includes(tool)));
  const folder = mkdtempSync(join(tmpdir(), 'jose-libraries-'));
  try {
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, `jose@${JOSE}`], { stdio: 'inherit' });
    const load = createRequire(join(folder, 'package.json'));
    const jose = await import(pathToFileURL(load.resolve('jose')).href);
    const forms = await formsOf(jose);
    writeFileSync(join(folder, 'forms.json'), JSON.stringify({ payload: PAYLOAD, forms }));
    const said = [...(await joseLines(jose, forms)), ...probed.flatMap((language) => linesOf(language, folder))];
    const lines = withoutRounds(
      await Promise.all(said.map(async (line) => ({ ...line, ...(await judged(jose, forms[line.name], line)) }))),
    );
    const names = Object.keys(forms).filter((name) => !name.includes('#'));

    console.log(`Node ${process.version}`);
    for (const [library, { language, version }] of Object.entries(LIBRARIES)) console.log(`${library} ${version} (${language})`);
    print(lines, names);
    const changes = changesIn(lines, forms, { names, languages: ['JavaScript', ...probed] });
    for (const change of changes) console.error(change);
    if (missing.length > 0) console.error(`Missing: ${missing.join(', ')}. The libraries of that language were not measured.`);
    console.log(changes.length === 0 ? 'As found.' : 'This has changed: look at the head of this file.');
    process.exitCode = changes.length > 0 ? 1 : missing.length > 0 ? 2 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (import.meta.main) await measure();
