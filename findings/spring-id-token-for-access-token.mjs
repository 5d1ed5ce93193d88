#!/usr/bin/env node
/**
 * The JWT decoder that Spring Security makes from an issuer's address refuses every access token of RFC 9068, and takes an ID token of the
 * same issuer in its place.
 *
 * Guess:   a resource server with `spring.security.oauth2.resourceserver.jwt.issuer-uri` and nothing else takes the JWT access tokens of that
 *          issuer, and no ID token: "resource servers MUST verify that the "typ" header value is "at+jwt"" (RFC 9068 section 4).
 * Is:      it takes tokens of type `JWT` or of none, so the access token is refused ("the given typ value needs to be one of [JWT]") and the
 *          ID token passes, whoever its audience is: none is compared unless `audiences` states one. Only a rule for scopes then stands
 *          between an ID token and the resource. `JwtValidators.createAtJwtValidator()` turns both around.
 * Version: Spring Security 7.0.6, which Spring Boot 4.0.7 brings.
 * Source:  org.springframework.security.oauth2.jwt: JwtDecoders.fromIssuerLocation, JwtValidators.createDefaultWithIssuer, JwtTypeValidator.
 * Who:     whoever guards an API with Spring, sees that tokens are refused for their type, and looks for a property that mends it: there is none.
 *
 *   node findings/spring-id-token-for-access-token.mjs     needs Java 17 or newer and mvn
 */
import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId><artifactId>spring-types</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.springframework.security</groupId><artifactId>spring-security-oauth2-jose</artifactId><version>7.0.6</version>
    </dependency>
    <dependency>
      <groupId>org.springframework.security</groupId><artifactId>spring-security-oauth2-resource-server</artifactId><version>7.0.6</version>
    </dependency>
    <dependency>
      <groupId>com.fasterxml.jackson.core</groupId><artifactId>jackson-databind</artifactId><version>2.20.1</version>
    </dependency>
  </dependencies>
</project>`;

const PROGRAM = String.raw`
import org.springframework.security.oauth2.jwt.*;

public class Types {
    public static void main(String[] arguments) {
        String issuer = arguments[0];
        NimbusJwtDecoder strict = NimbusJwtDecoder.withIssuerLocation(issuer).build();
        strict.setJwtValidator(JwtValidators.createAtJwtValidator().issuer(issuer).audience("api").clientId("app").build());
        JwtDecoder usual = JwtDecoders.fromIssuerLocation(issuer);
        for (JwtDecoder decoder : new JwtDecoder[] {usual, strict})
            for (int index = 1; index < 3; index++) System.out.println((decoder == strict) + " " + index + " " + outcome(decoder, arguments[index]));
    }

    static String outcome(JwtDecoder decoder, String token) {
        try {
            decoder.decode(token);
            return "taken";
        } catch (JwtException refusal) {
            return "refused: " + refusal.getMessage().replace('\n', ' ');
        }
    }
}`;

const folder = mkdtempSync(join(tmpdir(), 'spring-types-'));
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (header, claims) => {
  const signed = `${base64url({ alg: 'ES256', kid: 'one', ...header })}.${base64url(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};

const server = createServer((request, response) => {
  const issuer = `http://localhost:${server.address().port}`;
  const isKeys = request.url === '/keys';
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(isKeys ? { keys } : { issuer, jwks_uri: `${issuer}/keys`, subject_types_supported: ['public'] }));
});
try {
  writeFileSync(join(folder, 'pom.xml'), POM);
  writeFileSync(join(folder, 'Types.java'), PROGRAM);
  execFileSync('mvn', ['-q', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const iss = `http://localhost:${server.address().port}`;
  const now = Math.floor(Date.now() / 1000);
  const common = { iss, sub: 'somebody', iat: now, exp: now + 600 };
  const accessToken = tokenOf({ typ: 'at+jwt' }, { ...common, aud: 'api', client_id: 'app', jti: 'one', scope: 'read' });
  const idToken = tokenOf({}, { ...common, aud: 'app' });
  const { stdout } = await promisify(execFile)('java', ['-cp', 'lib/*', 'Types.java', iss, accessToken, idToken], { cwd: folder });
  const seen = stdout
    .split('\n')
    .map((line) => /^(true|false) ([12]) (.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, strict, index, outcome]) => ({
      decoder: strict === 'true' ? 'createAtJwtValidator' : 'fromIssuerLocation',
      token: index === '1' ? 'access token' : 'ID token',
      outcome,
    }));
  console.log('Spring Security 7.0.6');
  for (const { decoder, token, outcome } of seen) console.log(`${decoder}, ${token}: ${outcome}`);
  const told = seen.map(({ outcome }) => outcome.split(':')[0]).join(' ');
  const isAsFound = told === 'refused taken taken refused';
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}
