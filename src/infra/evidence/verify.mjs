// Checks the bundle that it lies in: node verify.mjs [folder] [--ca file.pem | --fingerprint sha256] [--json]
// Made of the sources of passthru by `npm run generate`; it needs Node alone, and asks nobody.
import * as n0 from 'node:fs/promises';
import * as n1 from 'node:path';
import * as n2 from 'node:url';
import * as n3 from 'node:util';
import * as n4 from 'node:buffer';
import * as n5 from 'node:crypto';
const m0 = (() => {
  const { stripVTControlCharacters } = n3;
  /** Text from elsewhere (a log, a server) as one line that cannot steer the terminal. */
  const printable = (text) =>
    stripVTControlCharacters(text)
      .replace(/\s+/g, ' ')
      .replace(/[\p{Cc}\p{Cf}]/gu, '');
  return { printable };
})();
const m1 = (() => {
  /** The purpose of a certificate that signs documents, and opens no connection. @see RFC 9336 */
  const DOCUMENT_SIGNING = '1.3.6.1.5.5.7.3.36';

  /**
   * Why no path leads from a certificate to the root, one clause; null where one does.
   *
   * @param chain the certificate, then those above it, without the root
   * @param options.at when it was used, epoch milliseconds
   * @see RFC 5280 section 6
   */
  const faultOfPath = (chain, { root, at }) => {
    if (!root.ca || !isIssuedBy(root, root)) return 'the root is no authority that signed itself';
    if (chain.length === 0) return 'there is no certificate';
    const path = [...chain, root];
    for (const [depth, certificate] of path.entries()) {
      const name = commonNameOf(certificate);
      const issuer = path[depth + 1] ?? root;
      if (depth > 0 && !certificate.ca) return `${name} may not issue certificates`;
      if (!isIssuedBy(certificate, issuer)) return `${name} is not signed by ${commonNameOf(issuer)}`;
      if (at < Date.parse(certificate.validFrom) || at > Date.parse(certificate.validTo)) return `${name} was not valid then`;
    }
    return null;
  };

  const isIssuedBy = (certificate, issuer) => {
    try {
      return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
    } catch {
      // A key or an algorithm that OpenSSL does not take signed nothing.
      return false;
    }
  };

  const commonNameOf = ({ subject }) => /^CN=(.*)$/m.exec(subject)?.[1] ?? 'a certificate without a name';

  /** As OpenSSL prints it. */
  const fingerprintOf = (certificate) => certificate.fingerprint256;

  /** A fingerprint however it is written: letters of either case, with colons or without. */
  const isFingerprint = (text) => /^[0-9a-f]{64}$/i.test(text.replaceAll(':', ''));
  const hasFingerprint = (certificate, text) => fingerprintOf(certificate).replaceAll(':', '') === text.replaceAll(':', '').toUpperCase();
  return { DOCUMENT_SIGNING, faultOfPath, commonNameOf, fingerprintOf, isFingerprint, hasFingerprint };
})();
const m2 = (() => {
  const { readdir, readFile, stat } = n0;
  const { join, relative, sep } = n1;
  /** A bundle has some fifty files, of some megabytes at most. */
  const MAX_FILES = 10_000;
  const MAX_BYTES = 512 * 1024 * 1024;

  /** The files of a folder, and what is there that is no file: links, sockets, folders with nothing in them. @throws the file system's error */
  const readBundle = async (folder) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const faults = [];
    const paths = [];
    const filled = new Set(entries.map(({ parentPath }) => parentPath));
    for (const entry of entries) {
      const full = join(entry.parentPath, entry.name);
      const path = relative(folder, full).split(sep).join('/');
      if (entry.isFile()) paths.push(path);
      else if (!entry.isDirectory()) faults.push({ where: path, what: 'is neither a file nor a folder' });
      else if (!filled.has(full)) faults.push({ where: path, what: 'is a folder with nothing in it' });
    }
    if (paths.length > MAX_FILES)
      return { files: new Map(), faults: [{ where: null, what: `has ${paths.length} files: this is no bundle` }] };
    const read = [];
    let left = MAX_BYTES;
    for (const path of paths.toSorted()) {
      left -= (await stat(join(folder, path))).size;
      if (left < 0) return { files: new Map(read), faults: [...faults, { where: path, what: `makes more than ${MAX_BYTES} bytes` }] };
      read.push([path, await readFile(join(folder, path))]);
    }
    return { files: new Map(read), faults };
  };
  return { readBundle };
})();
const m3 = (() => {
  const { Buffer } = n4;
  const { createPrivateKey, sign, verify, X509Certificate } = n5;
  /** Algorithms by the type of key that a certificate has. @see RFC 7518 section 3.1, RFC 8037 section 3.1 */
  const ALGORITHMS = [
    { alg: 'ES256', curve: 'prime256v1', hash: 'sha256' },
    { alg: 'ES384', curve: 'secp384r1', hash: 'sha384' },
    { alg: 'ES512', curve: 'secp521r1', hash: 'sha512' },
    { alg: 'EdDSA', curve: 'ed25519', hash: null },
  ];

  const TYPE = 'passthru-evidence+jws';

  const algorithmOf = ({ publicKey }) => {
    const curve = publicKey.asymmetricKeyType === 'ec' ? publicKey.asymmetricKeyDetails?.namedCurve : publicKey.asymmetricKeyType;
    return ALGORITHMS.find((each) => each.curve === curve);
  };

  const inputOf = (header, payload) => Buffer.from(`${header}.${Buffer.from(payload).toString('base64url')}`);

  /** A certificate with its key read, which node:crypto does at the first use of it. @throws its error for one that is malformed */
  const certificateOf = (source) => {
    const certificate = new X509Certificate(source);
    if (certificate.publicKey.type !== 'public') throw new TypeError('a certificate holds a public key');
    return certificate;
  };

  const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

  /** The certificates of a PEM text, in its order. @throws the error of node:crypto for one that is malformed */
  const certificatesIn = (pem) => (pem.match(PEM) ?? []).map(certificateOf);

  /**
   * A detached JWS over these bytes, in compact form, with the certificates of its key.
   *
   * @param options.certPem the certificate of the key, then those above it, without the root
   * @throws TypeError for a key of another type than certificates have here
   * @see RFC 7515 appendix F, section 4.1.6
   */
  const signDetached = (payload, { keyPem, certPem }) => {
    const chain = certificatesIn(certPem);
    const [leaf] = chain;
    const algorithm = leaf === undefined ? undefined : algorithmOf(leaf);
    if (algorithm === undefined) throw new TypeError('a manifest is signed with a key of P-256, P-384, P-521 or Ed25519');
    const members = { alg: algorithm.alg, typ: TYPE, x5c: chain.map(({ raw }) => raw.toString('base64')) };
    const header = Buffer.from(JSON.stringify(members)).toString('base64url');
    const key = { key: createPrivateKey(keyPem), dsaEncoding: 'ieee-p1363' };
    return `${header}..${sign(algorithm.hash, inputOf(header, payload), key).toString('base64url')}`;
  };

  /** The chain of a detached JWS that is one over these bytes; else the reason why it is not, one clause. */
  const verifyDetached = (payload, jws) => {
    const [header = '', middle, signature = '', ...rest] = jws.split('.');
    // Canonical, so that no other text is the same signature.
    const isCanonical = [header, signature].every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part);
    if (middle !== '' || rest.length > 0 || !isCanonical) return { fault: 'is no detached JWS in compact form' };
    const found = readHeader(header);
    if (found === null) return { fault: `has a header that is not one of ${TYPE}` };
    const { alg, chain } = found;
    const algorithm = algorithmOf(chain[0]);
    if (algorithm === undefined || algorithm.alg !== alg) return { fault: `names ${alg}, which does not fit its certificate` };
    const key = { key: chain[0].publicKey, dsaEncoding: 'ieee-p1363' };
    const isGood = verify(algorithm.hash, inputOf(header, payload), key, Buffer.from(signature, 'base64url'));
    return isGood ? { chain } : { fault: 'is not the signature of this manifest' };
  };

  const readHeader = (text) => {
    try {
      const { alg, typ, x5c } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
      if (typeof alg !== 'string' || typ !== TYPE || !Array.isArray(x5c)) return null;
      const [leaf, ...above] = x5c.map((each) => certificateOf(Buffer.from(String(each), 'base64')));
      return leaf === undefined ? null : { alg, chain: [leaf, ...above] };
    } catch {
      // Whichever fault it has, nobody signed with it.
      return null;
    }
  };
  return { certificatesIn, signDetached, verifyDetached };
})();
const m4 = (() => {
  /** `1 step`, `2 steps`. */
  const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
  return { counted };
})();
const m5 = (() => {
  const { counted } = m4;
  const { printable } = m0;
  /** Faults that are printed; one changed file may break many checks. */
  const MAX_PRINTED = 20;

  /** A verdict for people, a line each. A bundle may come from anybody: no text of it breaks a line, or steers the terminal. */
  const linesOfVerdict = (verdict) => rowsOf(verdict).map(([label, text]) => `${label.padEnd(LABEL)}${printable(text)}`);

  /** Columns of a label, with the space behind it. */
  const LABEL = 11;

  const rowsOf = ({ holds, faults, run, files, checks, exchanges, signer, audit, missing }) => [
    ['Holds', holds ? 'yes' : `no: ${counted(faults.length, 'fault')}`],
    ...rowsOfRun(run),
    ['Files', `${files.count}, ${Math.ceil(files.bytes / 1024)} KiB`],
    ['Signature', signer === null ? 'none that is good' : `${signer.name}, under the root ${signer.ca}`],
    ['Trust', trustOf(signer)],
    [
      'Checks',
      `${checks.repeated} made again from ${counted(exchanges, 'recorded exchange')}, ${checks.observed} observed by the run alone; ${checks.failed} failed in the run`,
    ],
    ...(audit === null ? [] : [['Audit', `${counted(audit.records, 'record')} in ${counted(audit.chains, 'chain')}`]]),
    ...missing.map(({ what, why }) => ['Missing', `${what}: ${why}`]),
    ...faults.slice(0, MAX_PRINTED).map((fault) => ['Fault', textOfFault(fault)]),
    ...(faults.length > MAX_PRINTED ? [['', `and ${faults.length - MAX_PRINTED} more`]] : []),
  ];

  const rowsOfRun = (run) =>
    run === null
      ? []
      : [['Run', `passthru ${run.command}, engine ${run.engine}, profile ${run.profile}: ${run.outcome}, ${run.created_at}`]];

  /** A fault for people. */
  const lineOfFault = (fault) => printable(textOfFault(fault));

  const textOfFault = ({ where, what }) => `${where === null ? '' : `${where} `}${what}`;

  const trustOf = (signer) => {
    if (signer === null) return 'nothing here is vouched for';
    if (signer.ca_is_pinned) return 'the root is the one that you named: its owner vouches for the run';
    return 'the root is the one in the bundle: it agrees with itself, and anybody could have made it; name the root with --ca or --fingerprint';
  };
  return { linesOfVerdict, lineOfFault };
})();
const m6 = (() => {
  /** The object that a JSON text is; null for any other value, and for a text that is no JSON. */
  const jsonObject = (text) => {
    try {
      const value = JSON.parse(text);
      return isObject(value) ? value : null;
    } catch {
      // No JSON is no object.
      return null;
    }
  };

  /** Whether a value has no more objects and lists in one another than so many: what reads them calls itself, and a stranger may nest them at will. */
  const isNestedWithin = (value, levels) =>
    typeof value !== 'object' || value === null || (levels > 0 && Object.values(value).every((each) => isNestedWithin(each, levels - 1)));

  const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return { jsonObject, isNestedWithin, isObject };
})();
const m7 = (() => {
  const { hash } = n5;
  const { isNestedWithin, jsonObject } = m6;
  /**
   * The audit of the KMS as lines of text, which the KMS writes, an export holds, and `verify-export.ts` checks without either. Each line is
   * an object as canonical JSON (RFC 8785), and its `kind` says what it is:
   *
   *     export     first line of an export: which chains there are, and how far each had come; signed
   *     begin      record 0 of a chain
   *     act        a record: somebody did something, or was refused
   *     refusals   a record: so many requests of one kind were refused before it was known who asked for what
   *     head       the chain had come to this record by then; signed
   *     end        the same, and the process adds no more to this chain; signed
   *     closed     the same, said by another process, because the one that wrote the chain is gone; signed
   *
   * A chain is its records by `seq` from 0. The hash of a record is SHA-256 over the UTF-8 bytes of its line, as base64url; every record
   * but the first names that of the one before it in `previous`, and a head names that of the last one in `hash`.
   * `docs/audit.md` tells the whole format.
   */

  /** Version of the format; a member of every line. */
  const FORMAT = 1;

  const RECORD_KINDS = ['begin', 'act', 'refusals'];
  const HEAD_KINDS = ['head', 'end', 'closed'];

  /** A point of a chain: the record and its hash. */

  /** @see RFC 8037 section 2 */

  /** Base64url of SHA-256. */
  const hashOf = (line) => hash('sha256', line, 'base64url');

  /** Objects and lists in one another; a line has three. */
  const MAX_NESTING = 16;

  /** The object that a line is; null for a text that is none. */
  const objectOf = (line) => {
    const value = jsonObject(line);
    return value !== null && isNestedWithin(value, MAX_NESTING) ? value : null;
  };
  return { FORMAT, RECORD_KINDS, HEAD_KINDS, hashOf, objectOf };
})();
const m8 = (() => {
  /** A value of JSON as the lines of an audit have it: whole numbers only, and no member that is absent. */

  /**
   * The one text of a value: members sorted by their UTF-16 code units, no white space, strings escaped as `JSON.stringify` does. The
   * lines have no numbers but whole ones up to 2^53, whose text is the same everywhere.
   *
   * @see RFC 8785
   */
  const canonicalJson = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
  };
  return { canonicalJson };
})();
const m9 = (() => {
  const { createHash, createPublicKey, sign, verify } = n5;
  const { canonicalJson } = m8;
  /** A key pair that signs lines, with its public part as others get it. */

  /** @see RFC 7638 */
  const thumbprintOf = ({ crv, kty, x }) => createHash('sha256').update(canonicalJson({ crv, kty, x })).digest('base64url');

  /** @see RFC 8032: Ed25519 over the bytes themselves */
  const createLineSigner = (privateKey) => {
    const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
    const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: x ?? '' };
    const kid = thumbprintOf(publicJwk);
    return {
      kid,
      publicJwk,
      sign: (members) => {
        const signed = { ...members, key: kid };
        const signature = sign(null, Buffer.from(canonicalJson(signed)), privateKey).toString('base64url');
        return canonicalJson({ ...signed, signature });
      },
    };
  };

  /** Whether a line carries the signature of this key. */
  const isSignedBy = (line, jwk) => {
    const { signature, ...signed } = line;
    if (typeof signature !== 'string' || line['key'] !== thumbprintOf(jwk)) return false;
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    return verify(null, Buffer.from(canonicalJson(signed)), key, Buffer.from(signature, 'base64url'));
  };

  /** A public key as an export or a file has it; null for anything else. */
  const ed25519JwkOf = (value) => {
    if (typeof value !== 'object' || value === null) return null;
    const { kty, crv, x } = value;
    if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(x)) return null;
    return { kty, crv, x };
  };
  return { thumbprintOf, createLineSigner, isSignedBy, ed25519JwkOf };
})();
const m10 = (() => {
  const { objectOf } = m7;
  const { ed25519JwkOf, isSignedBy } = m9;
  /** A head that was kept apart from the database, with the key that signed it. */

  /** The answer of `/admin/v1/audit/head`, or what `passthru audit head` printed as JSON; null for any other text, and a signature that is wrong. */
  const keptHeadOf = (text) => {
    const answer = objectOf(text);
    const publicKey = ed25519JwkOf(answer?.['public_key']);
    if (answer === null || publicKey === null) return null;
    const { line } = answer;
    if (line === null) return { publicKey, head: null };
    const head = typeof line === 'string' ? objectOf(line) : null;
    if (head === null || !isSignedBy(head, publicKey)) return null;
    const { chain, seq, hash } = head;
    if (typeof chain !== 'string' || typeof seq !== 'number' || typeof hash !== 'string') return null;
    return { publicKey, head: { chain, seq, hash } };
  };
  return { keptHeadOf };
})();
const m11 = (() => {
  const { canonicalJson } = m8;
  const { FORMAT, HEAD_KINDS, hashOf, objectOf, RECORD_KINDS } = m7;
  const { ed25519JwkOf, isSignedBy, thumbprintOf } = m9;
  /** Where an export does not hold, and why. */

  /** One chain of an export. */

  /** How far a chain has to come, and who says so. */

  const isPoint = (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { chain, seq, hash } = value;
    return typeof chain === 'string' && typeof hash === 'string' && Number.isSafeInteger(seq);
  };

  const pointsOf = (value) => (Array.isArray(value) && value.every(isPoint) ? value : null);

  const isOneOf = (kinds, kind) => typeof kind === 'string' && kinds.includes(kind);

  /**
   * Checks an export line by line, with memory for its chains and none for its records. It holds when every line is whole and canonical,
   * every record follows the one before it, every signature is of the one key, every chain reaches the head that the first line names for
   * it, and every chain that another one names is there.
   *
   * @param options.kept the key that the KMS published, and a head that the export has to reach; without it the key in the export is taken,
   *   which proves only that the export agrees with itself
   */
  const createExportVerifier = ({ kept = null } = {}) => {
    const faults = [];
    const chains = new Map();
    /** How far others say that a chain had come. */
    const promises = new Map();
    let key = kept?.publicKey ?? null;
    let line = 0;

    const promisesOf = (chain) => {
      const known = promises.get(chain) ?? [];
      promises.set(chain, known);
      return known;
    };
    const promise = (point, by) => void promisesOf(point.chain).push({ point, by });

    const begun = (chain) => {
      const state = { last: null, signed: null, end: 'open', isBroken: false, promised: promisesOf(chain) };
      chains.set(chain, state);
      return state;
    };

    const fault = (what, chain = null, seq = null) => void faults.push({ line, chain, seq, what });

    const header = (value) => {
      if (value['kind'] !== 'export' || value['v'] !== FORMAT) return fault(`is not the first line of an export of version ${FORMAT}`);
      key ??= ed25519JwkOf(value['public_key']);
      if (key === null) return fault('names no public key');
      if (!isSignedBy(value, key)) return fault(`is not signed by the key ${thumbprintOf(key)}`);
      const points = pointsOf(value['heads']);
      if (points === null) return fault('does not say how far its chains had come');
      for (const point of points) promise(point, 'the first line');
      if (kept !== null && kept.head !== null) promise(kept.head, 'the head that was kept');
    };

    const record = (value, text, chain, state) => {
      const seq = state.last === null ? 0 : state.last.seq + 1;
      if (value['seq'] !== seq) return `has record ${String(value['seq'])} where record ${seq} belongs`;
      if ((value['kind'] === 'begin') !== (seq === 0)) return `has a ${String(value['kind'])} as record ${seq}`;
      if (state.last !== null && value['previous'] !== state.last.hash) return `does not follow record ${seq - 1} as that stands there`;
      if (state.end !== 'open') return 'adds to a chain that has ended';
      const point = { chain, seq, hash: hashOf(text) };
      const other = state.promised.find((each) => each.point.seq === seq && each.point.hash !== point.hash);
      if (other !== undefined) return `is not the record that ${other.by} names`;
      state.last = point;
      if (seq > 0) return null;
      const follows = pointsOf(value['follows']);
      if (follows === null) return 'does not say which chains were there before it';
      for (const point of follows) promise(point, `chain ${chain}`);
      return null;
    };

    const head = (value, state) => {
      if (key === null || !isSignedBy(value, key)) return `is not signed by the key ${key === null ? '(none)' : thumbprintOf(key)}`;
      const { last } = state;
      if (last === null || value['seq'] !== last.seq) return `is the head of record ${String(value['seq'])} and stands elsewhere`;
      if (value['hash'] !== last.hash) return 'is the head of another record than the one before it';
      state.signed = last.seq;
      if (value['kind'] === 'end' || value['kind'] === 'closed') state.end = value['kind'];
      return null;
    };

    return {
      take: (text) => {
        line += 1;
        const value = objectOf(text);
        if (value === null || canonicalJson(value) !== text) return fault('is no line of an audit: not the canonical JSON of an object');
        if (line === 1) return header(value);
        const { kind, chain, v } = value;
        const isRecord = isOneOf(RECORD_KINDS, kind);
        if (typeof chain !== 'string' || v !== FORMAT || (!isRecord && !isOneOf(HEAD_KINDS, kind))) return fault('is no line of an audit');
        const state = chains.get(chain) ?? begun(chain);
        if (state.isBroken) return undefined;
        const what = isRecord ? record(value, text, chain, state) : head(value, state);
        if (what === null) return undefined;
        state.isBroken = true;
        return fault(what, chain, state.last === null ? 0 : state.last.seq + 1);
      },
      verdict: () => {
        if (line === 0) faults.push({ line: null, chain: null, seq: null, what: 'the file is empty' });
        for (const { point, by } of [...promises.values()].flat()) {
          const { chain, seq } = point;
          const state = chains.get(chain);
          if (state?.isBroken === true) continue;
          const reached = state?.last?.seq ?? -1;
          if (reached >= seq) continue;
          const what = reached < 0 ? `is missing, and ${by} names it` : `ends after record ${reached}, and ${by} names record ${seq}`;
          faults.push({ line: null, chain, seq: reached + 1, what: `the chain ${what}` });
          if (state !== undefined) state.isBroken = true;
        }
        return {
          holds: faults.length === 0,
          faults,
          chains: [...chains].map(([chain, { last, signed, end }]) => ({ chain, records: last === null ? 0 : last.seq + 1, signed, end })),
          key: key === null ? null : thumbprintOf(key),
        };
      },
    };
  };
  return { createExportVerifier };
})();
const m12 = (() => {
  const { Buffer } = n4;
  const { isNestedWithin, jsonObject } = m6;
  /** Recipes in a recipe at most: those of a run have a few, and a bundle may come from anybody. */
  const MAX_DEPTH = 12;
  /** Objects and lists in one another, in a header or in claims. */
  const MAX_NESTING = 32;

  /**
   * The value that a recipe gives; null where an exchange, a member or a header is not there. It never throws, whatever a stranger wrote
   * into a bundle.
   *
   * @param find an exchange by its name; undefined where there is none
   */
  const evaluate = (recipe, find) => {
    try {
      return read(recipe, find, 0);
    } catch (thrown) {
      // A recipe of a stranger may have any form; one that is malformed gives nothing.
      if (thrown instanceof TypeError) return null;
      throw thrown;
    }
  };

  const read = (recipe, find, depth) => {
    if (depth > MAX_DEPTH) return null;
    const inner = (other) => read(other, find, depth + 1);
    if ('take' in recipe) return recipe.take === 'value' ? recipe.value : taken(recipe, find(recipe.of));
    switch (recipe.do) {
      case 'header':
        return at(joseHeader(inner(recipe.with)), recipe.at);
      case 'claim':
        return at(claims(inner(recipe.with)), recipe.at);
      case 'parts':
        return textOf(inner(recipe.with)).split('.').length;
      case 'count':
        return listOf(inner(recipe.with)).length;
      case 'uuid-version':
        return Number.parseInt(textOf(inner(recipe.with))[14] ?? '', 16) || null;
      case 'query':
        return urlOf(inner(recipe.with))?.searchParams.get(recipe.name) ?? null;
      case 'parameter':
        return parameterOf(textOf(inner(recipe.with)), recipe.name);
      case 'directive':
        return directiveOf(inner(recipe.with), recipe.name);
      case 'before': {
        const value = inner(recipe.with);
        return typeof value === 'string' ? (value.split(recipe.sign)[0] ?? null) : null;
      }
      case 'named': {
        const id = inner(recipe.with);
        return Object.entries(recipe.in).find(([, known]) => known === id)?.[0] ?? `unknown ${textOf(id)}`;
      }
      case 'contains':
        return textOf(inner(recipe.with)).includes(recipe.sign);
      case 'address': {
        const url = urlOf(inner(recipe.with));
        return url === null ? null : url.origin === RELATIVE ? url.pathname : url.origin + url.pathname;
      }
      case 'path':
        return urlOf(inner(recipe.with))?.pathname ?? null;
      case 'place':
        return urlOf(inner(recipe.with))?.pathname.split('/')[1] ?? null;
      case 'sorted':
        return listOf(inner(recipe.with)).toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
      case 'distinct':
        return [...new Set(listOf(inner(recipe.with)))];
      case 'unspaced':
        return textOf(inner(recipe.with)).split(' ');
      case 'each':
        return listOf(inner(recipe.with)).map((entry) => at(entry, recipe.at));
      case 'first':
        return recipe.with.map(inner).find((value) => value !== null) ?? null;
      case 'list':
        return recipe.with.flatMap((part) => inner(part));
      case 'words':
        return recipe.with
          .map(inner)
          .filter((value) => value !== null)
          .map(textOf)
          .join(recipe.between);
      case 'equal':
        return sameJson(inner(recipe.with[0]), inner(recipe.with[1]));
      case 'all':
        return recipe.with.every((part) => inner(part) === true);
      case 'present':
        return recipe.with.every((part) => inner(part) !== null);
      case 'different': {
        const values = recipe.with.map((part) => JSON.stringify(inner(part)));
        return new Set(values).size === values.length && !values.includes('null');
      }
      case 'choose':
        return inner(recipe.if) === true ? recipe.yes : recipe.no;
      default:
        return null;
    }
  };

  const taken = (recipe, exchange) => {
    if (exchange === undefined) return null;
    const { request, answer } = exchange;
    switch (recipe.take) {
      case 'status':
        return answer.status;
      case 'url':
        return request.url;
      case 'text':
        return answer.body?.text ?? '';
      case 'header':
        return Object.hasOwn(answer.headers, recipe.name) ? (answer.headers[recipe.name] ?? null) : null;
      case 'cookie': {
        const found = answer.cookies.find((cookie) => cookie.startsWith(recipe.name));
        return found === undefined ? null : found.slice(found.indexOf('=') + 1).split('; ');
      }
      case 'body':
        return at(answer.body?.value ?? null, recipe.at);
      case 'sent':
        return at(request.body?.value ?? null, recipe.at);
      default:
        return null;
    }
  };

  /** @see RFC 6901 */
  const at = (value, pointer) => {
    let found = value;
    for (const part of pointer.split('/').slice(1)) {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return null;
      found = found[name];
    }
    return found ?? null;
  };

  /** The object of a part of a compact JOSE object; null for any other text. */
  const decoded = (part) => {
    const value = jsonObject(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return isNestedWithin(value, MAX_NESTING) ? value : null;
  };
  const joseHeader = (value) => decoded(textOf(value).split('.')[0]);
  const claims = (value) => decoded(textOf(value).split('.')[1]);

  const RELATIVE = 'https://relative.invalid';
  const urlOf = (value) => (typeof value === 'string' ? URL.parse(value, RELATIVE) : null);

  /** @see RFC 9110 section 11.2 */
  const parameterOf = (challenge, name) => {
    const begin = challenge.indexOf(`${name}="`);
    if (begin < 0) return null;
    const from = begin + name.length + 2;
    const end = challenge.indexOf('"', from);
    return end < 0 ? null : challenge.slice(from, end);
  };

  /** @see https://www.w3.org/TR/CSP3/#parse-serialized-policy */
  const directiveOf = (policy, name) => {
    if (typeof policy !== 'string') return null;
    const directives = policy.split(';').map((each) => each.trim());
    return directives.find((each) => each.startsWith(`${name} `))?.slice(name.length + 1) ?? null;
  };

  const textOf = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
  const listOf = (value) => (Array.isArray(value) ? value : []);
  const sameJson = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  /** Characters of a value that a check prints. */
  const MAX_RENDERED = 160;

  /** A value as a check prints it: entries of a list with a space between them, cut where it is long. */
  const render = (value) => {
    const text = Array.isArray(value) ? value.map(plain).join(' ') : plain(value);
    return text.length > MAX_RENDERED ? `${text.slice(0, MAX_RENDERED - 1)}…` : text;
  };

  const plain = (value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));
  return { evaluate, render };
})();
const m13 = (() => {
  /**
   * How the value of a check is taken from exchanges: a tree as data. `R` names an exchange: the exchange itself while a run lasts, its id
   * in a bundle. `evaluate.ts` reads it, in both.
   */

  /** The basis of a check: recipes for both of its values, or the reason why no record can show it. */

  /** The same recipe with its exchanges named otherwise; null where one has no name. */
  const renamed = (recipe, name) => {
    if ('of' in recipe) {
      const of = name(recipe.of);
      return of === null ? null : { ...recipe, of };
    }
    if (!('with' in recipe) && !('if' in recipe)) return recipe;
    if ('if' in recipe) {
      const test = renamed(recipe.if, name);
      return test === null ? null : { ...recipe, if: test };
    }
    const parts = Array.isArray(recipe.with) ? recipe.with : [recipe.with];
    const named = parts.map((part) => renamed(part, name));
    if (named.includes(null)) return null;
    return { ...recipe, with: Array.isArray(recipe.with) ? named : named[0] };
  };

  /** The exchanges that a recipe reads, each once, in the order in which it names them. */
  const namedIn = (recipe) => {
    const found = new Set();
    renamed(recipe, (of) => {
      found.add(of);
      return of;
    });
    return [...found];
  };
  return { renamed, namedIn };
})();
const m14 = (() => {
  const { evaluate, render } = m12;
  const { namedIn } = m13;
  /** How to find an exchange by its id. */

  /** Whether a value has the form of a check: anybody may have written it. */
  const isCheck = (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { step, id, title, status, expected, got, basis } = value;
    const areTexts = [step, id, title, expected, got].every((each) => typeof each === 'string');
    if (!areTexts || (status !== 'passed' && status !== 'failed') || typeof basis !== 'object' || basis === null) return false;
    const { kind, why, ...recipes } = basis;
    return kind === 'observed'
      ? typeof why === 'string'
      : kind === 'exchanges' && isRecipe(recipes['expected']) && isRecipe(recipes['got']);
  };

  const isRecipe = (value) => typeof value === 'object' && value !== null;

  /** Why a check is not what its exchanges show, one clause; null where it is. The word of the run counts for one that is observed. */
  const faultOfCheck = ({ basis, expected, got, status }, find) => {
    if (basis.kind === 'observed') return null;
    const lacking = [basis.expected, basis.got].flatMap((recipe) => exchangesOf(recipe)).find((id) => find(id) === undefined);
    if (lacking !== undefined) return `rests on ${lacking}, which is not there`;
    const [wanted, came] = [evaluate(basis.expected, find), evaluate(basis.got, find)];
    if (render(wanted) !== expected) return `expects ${render(wanted)} by its exchange, and says ${expected}`;
    if (render(came) !== got) return `shows ${render(came)} in its exchange, and says ${got}`;
    const fate = JSON.stringify(wanted) === JSON.stringify(came) ? 'passed' : 'failed';
    return fate === status ? null : `has ${fate} by its exchange, and says ${status}`;
  };

  const exchangesOf = (recipe) => {
    try {
      return namedIn(recipe);
    } catch (thrown) {
      // A recipe of a stranger may have any form; evaluated, it gives nothing.
      if (thrown instanceof TypeError || thrown instanceof RangeError) return [];
      throw thrown;
    }
  };

  /** Every check again. */
  const checksAgain = (checks, find) =>
    checks.flatMap((check) => {
      const what = faultOfCheck(check, find);
      return what === null ? [] : [{ where: `${check.step} ${check.id}`, what }];
    });
  return { isCheck, faultOfCheck, checksAgain };
})();
const m15 = (() => {
  /**
   * A bundle: the folder that a run with `--evidence` leaves. `docs/evidence.md` tells its format, and `docs/schemas` has the schemas of its
   * files; here are the names and types that writing and verifying share. This folder needs nothing but Node, because a verifier made of
   * it alone lies in each bundle.
   */
  const BUNDLE_KIND = 'passthru-evidence';
  const BUNDLE_VERSION = 1;

  /** The files that a verifier looks into; of all others it looks at the hash. */
  const FILES = {
    manifest: 'manifest.json',
    signature: 'manifest.jws',
    ca: 'certificates/ca.pem',
    checks: 'checks.json',
    report: 'report.json',
    auditExport: 'audit/export.jsonl',
    auditHead: 'audit/head.json',
  };

  /** Where the exchanges of a step lie. */
  const exchangesFile = (stepId) => `exchanges/${stepId}.json`;
  const isExchangesFile = (path) => path.startsWith('exchanges/') && path.endsWith('.json');

  /** `manifest.json` */

  /** A check in `checks.json`. */

  /** The files of a bundle by their paths. */
  return { BUNDLE_KIND, BUNDLE_VERSION, FILES, exchangesFile, isExchangesFile };
})();
const m16 = (() => {
  const { Buffer } = n4;
  const { hash } = n5;
  const { keptHeadOf } = m10;
  const { createExportVerifier } = m11;
  const { isNestedWithin } = m6;
  const { commonNameOf, DOCUMENT_SIGNING, faultOfPath, fingerprintOf, hasFingerprint } = m1;
  const { checksAgain, isCheck } = m14;
  const { BUNDLE_KIND, BUNDLE_VERSION, FILES, isExchangesFile } = m15;
  const { certificatesIn, verifyDetached } = m3;
  /** Objects and lists in one another, in a file of a bundle; the recipes of a demo make fourteen. */
  const MAX_NESTING = 100;

  /**
   * Looks at every byte of a bundle: the signature of its manifest and the path to its authority, the hash of each file and that there is no
   * other, the audit, and each check from the exchange on which it rests. It asks nobody, and throws for nothing that stands in a bundle.
   */
  const verifyBundle = (files, { fingerprint } = {}) => {
    const faults = [];
    const fault = (where, what) => void faults.push({ where, what });
    const read = (path) => {
      const bytes = files.get(path);
      if (bytes === undefined) return null;
      try {
        const value = JSON.parse(utf8(bytes));
        if (isNestedWithin(value, MAX_NESTING)) return value;
        fault(path, `has more than ${MAX_NESTING} objects and lists in one another`);
      } catch {
        fault(path, 'is no JSON');
      }
      return null;
    };

    const manifest = manifestIn(read(FILES.manifest));
    if (manifest === null)
      fault(FILES.manifest, files.has(FILES.manifest) ? 'is no manifest of this version' : 'is missing: this is no bundle');
    const signer = signerOf(files, { manifest, fingerprint, fault });
    for (const each of manifest === null ? [] : faultsOfFiles(files, manifest)) faults.push(each);

    const exchanges = [...files.keys()].filter(isExchangesFile).flatMap((path) => listIn(read(path)));
    const byId = new Map(exchanges.map((exchange) => [String(exchange?.id), exchange]));
    if (byId.size !== exchanges.length) fault(null, 'two exchanges have one id');
    const entries = listIn(read(FILES.checks)?.checks ?? null);
    const checks = entries.filter(isCheck);
    if (checks.length < entries.length) fault(FILES.checks, 'has an entry that is no check');
    const unsound = checksAgain(checks, (id) => byId.get(id));
    faults.push(...unsound);
    if (manifest !== null) for (const each of faultsOfCounts(manifest, checks, read(FILES.report))) faults.push(each);

    const repeatable = checks.filter(({ basis }) => basis.kind === 'exchanges').length;
    return {
      audit: auditOf(files, fault),
      holds: faults.length === 0,
      faults,
      run: manifest,
      files: { count: files.size, bytes: [...files.values()].reduce((sum, { length }) => sum + length, 0) },
      checks: {
        repeated: repeatable - unsound.length,
        observed: checks.length - repeatable,
        failed: checks.filter(({ status }) => status === 'failed').length,
      },
      exchanges: exchanges.length,
      signer,
      missing: manifest?.missing ?? [],
    };
  };

  const utf8 = (bytes) => Buffer.from(bytes).toString('utf8');
  const listIn = (value) => (Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []);

  const manifestIn = (value) => {
    if (!isObject(value)) return null;
    const { kind, version, passthru, command, engine, profile, outcome, files, checks, missing, created_at: at } = value;
    const areTexts = areStrings(passthru, command, engine, profile, outcome, at) && !Number.isNaN(Date.parse(String(at)));
    const isOurs = kind === BUNDLE_KIND && version === BUNDLE_VERSION && areTexts && isObject(checks);
    const areFiles = Array.isArray(files) && files.every((file) => isObject(file) && areStrings(file['path']));
    const areMissing = Array.isArray(missing) && missing.every((each) => isObject(each) && areStrings(each['what'], each['why']));
    return isOurs && areFiles && areMissing ? value : null;
  };

  const isObject = (value) => typeof value === 'object' && value !== null;
  const areStrings = (...values) => values.every((each) => typeof each === 'string');

  /** Whose good signature the manifest has, and by which root; a name that nothing vouches for is not told. */
  const signerOf = (files, { manifest, fingerprint, fault }) => {
    const [bytes, jws] = [files.get(FILES.manifest), files.get(FILES.signature)];
    if (bytes === undefined || manifest === null) return null;
    if (jws === undefined) {
      fault(FILES.signature, 'is missing: nobody signed this bundle');
      return null;
    }
    const signed = verifyDetached(bytes, utf8(jws));
    if ('fault' in signed) {
      fault(FILES.signature, signed.fault);
      return null;
    }
    const root = rootIn(files.get(FILES.ca));
    if (root === null) {
      fault(FILES.ca, 'holds no certificate');
      return null;
    }
    const at = Date.parse(manifest.created_at);
    const [leaf] = signed.chain;
    const broken = faultOfPath(signed.chain, { root, at });
    if (broken !== null) fault(FILES.signature, `has a certificate that leads to no root: ${broken}`);
    const isForDocuments = !leaf.ca && leaf.keyUsage?.includes(DOCUMENT_SIGNING) === true;
    if (!isForDocuments) fault(FILES.signature, 'is by a key whose certificate is not for documents');
    const isPinned = fingerprint !== undefined && hasFingerprint(root, fingerprint);
    const isOther = fingerprint !== undefined && !isPinned;
    if (isOther) fault(FILES.ca, `is not the root to trust, but ${fingerprintOf(root)}`);
    for (const each of faultsOfCertificates(files, { root, at })) fault(each.where, each.what);
    return broken !== null || !isForDocuments || isOther
      ? null
      : { name: commonNameOf(leaf), ca: fingerprintOf(root), ca_is_pinned: isPinned };
  };

  /** Each certificate in the bundle leads to its root. */
  const faultsOfCertificates = (files, trust) =>
    [...files].flatMap(([where, pem]) => {
      if (!where.startsWith('certificates/') || where === FILES.ca) return [];
      const what = faultOfPath(chainIn(pem), trust);
      return what === null ? [] : [{ where, what: `leads to no root: ${what}` }];
    });

  const rootIn = (pem) => chainIn(pem ?? new Uint8Array())[0] ?? null;

  const chainIn = (pem) => {
    try {
      return certificatesIn(utf8(pem));
    } catch {
      // A text that is no certificate leads nowhere.
      return [];
    }
  };

  /** No file more, no file less, each with its bytes. */
  const faultsOfFiles = (files, manifest) => {
    const listed = new Map(manifest.files.map((file) => [file.path, file]));
    const extra = [...files.keys()].filter((path) => !listed.has(path) && path !== FILES.manifest && path !== FILES.signature);
    const changed = manifest.files.flatMap(({ path, sha256, bytes }) => {
      const found = files.get(path);
      if (found === undefined) return [{ where: path, what: 'is missing' }];
      const isSame = found.length === bytes && hash('sha256', found, 'hex') === sha256;
      return isSame ? [] : [{ where: path, what: 'is not what the manifest names: it was changed' }];
    });
    return [...changed, ...extra.map((where) => ({ where, what: 'is not in the manifest' }))];
  };

  /** The numbers of the manifest, and the report, say no more than the checks. */
  const faultsOfCounts = (manifest, checks, report) => {
    const count = (isSuch) => checks.filter(isSuch).length;
    const counted = {
      passed: count(({ status }) => status === 'passed'),
      failed: count(({ status }) => status === 'failed'),
      repeatable: count(({ basis }) => basis.kind === 'exchanges'),
      observed: count(({ basis }) => basis.kind !== 'exchanges'),
    };
    const { passed, failed, repeatable, observed } = manifest.checks;
    const isCounted = JSON.stringify(counted) === JSON.stringify({ passed, failed, repeatable, observed });
    const steps = listIn(report?.steps);
    const told = steps.flatMap(({ id, checks: own }) => listIn(own).map((check) => saidOf({ ...check, step: id })));
    const isTold = JSON.stringify(told) === JSON.stringify(checks.map(saidOf));
    const isGreen = failed === 0 && steps.every(({ status }) => status === 'passed');
    return [
      ...(isCounted ? [] : [{ where: FILES.manifest, what: 'counts other checks than there are' }]),
      ...(isTold ? [] : [{ where: FILES.report, what: 'tells of other checks than there are' }]),
      ...(manifest.outcome !== 'passed' || isGreen ? [] : [{ where: FILES.manifest, what: 'says passed, and not every step did' }]),
    ];
  };

  const saidOf = ({ step, id, title, status, expected, got }) => [step, id, title, status, expected, got];

  const auditOf = (files, fault) => {
    const [lines, head] = [files.get(FILES.auditExport), files.get(FILES.auditHead)];
    if (lines === undefined) return null;
    const kept = head === undefined ? null : keptHeadOf(utf8(head));
    if (head !== undefined && kept === null) fault(FILES.auditHead, 'is no signed head');
    const verifier = createExportVerifier({ kept });
    for (const line of utf8(lines).split('\n').slice(0, -1)) verifier.take(line);
    const { faults, chains } = verifier.verdict();
    for (const { line, what } of faults) fault(FILES.auditExport, line === null ? what : `line ${line}: ${what}`);
    return { chains: chains.length, records: chains.reduce((sum, { records }) => sum + records, 0) };
  };
  return { verifyBundle };
})();
const m17 = (() => {
  const { readFile } = n0;
  const { dirname, resolve } = n1;
  const { fileURLToPath } = n2;
  const { parseArgs } = n3;
  const { printable } = m0;
  const { fingerprintOf, isFingerprint } = m1;
  const { readBundle } = m2;
  const { certificatesIn } = m3;
  const { linesOfVerdict } = m5;
  const { verifyBundle } = m16;
  /** A bundle as a folder has it. @param options.fingerprint as of `verifyBundle` @throws the file system's error */
  const verifyFolder = async (folder, options = {}) => {
    const { files, faults } = await readBundle(folder);
    const verdict = verifyBundle(files, options);
    return { ...verdict, holds: verdict.holds && faults.length === 0, faults: [...verdict.faults, ...faults] };
  };

  /** The fingerprint of the root in a PEM file. @throws the file system's error, or that of node:crypto */
  const fingerprintIn = async (pemFile) => {
    const [root] = certificatesIn(await readFile(pemFile, 'utf8'));
    return root === undefined ? undefined : fingerprintOf(root);
  };

  const USAGE = `Usage: node verify.mjs [folder] [--ca file.pem | --fingerprint sha256] [--json]
Checks a bundle of passthru evidence; it asks nobody. The folder is its own where none is named.
Exit codes: 0 it holds · 1 it does not · 64 usage`;

  /** The program `verify.mjs` of a bundle. @param url its own @returns its exit code and what it prints */
  const main = async (argv, url) => {
    try {
      const { values, positionals } = parseArgs({
        args: [...argv],
        allowPositionals: true,
        options: { ca: { type: 'string' }, fingerprint: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
      });
      if (values.help === true || positionals.length > 1) return { exitCode: 64, text: USAGE };
      const fingerprint = values.ca === undefined ? values.fingerprint : await fingerprintIn(values.ca);
      if ((values.ca ?? values.fingerprint) !== undefined && !isFingerprint(fingerprint ?? '')) return { exitCode: 64, text: USAGE };
      const verdict = await verifyFolder(resolve(positionals[0] ?? dirname(fileURLToPath(url))), { fingerprint });
      return {
        exitCode: verdict.holds ? 0 : 1,
        text: values.json === true ? JSON.stringify(verdict, null, 2) : linesOfVerdict(verdict).join('\n'),
      };
    } catch (thrown) {
      return { exitCode: 64, text: `${printable(thrown instanceof Error ? thrown.message : String(thrown))}\n${USAGE}` };
    }
  };
  return { verifyFolder, fingerprintIn, main };
})();
const entry = m17;
const { exitCode, text } = await entry.main(process.argv.slice(2), import.meta.url);
console.log(text);
process.exitCode = exitCode;
