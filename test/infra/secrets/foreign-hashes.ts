/**
 * Hashes of one password that the libraries themselves made, each with a salt of its own choice: passlib 1.7.4, Django 5.2.19 and
 * Werkzeug 3.1.9 on Python 3.11, Spring Security 6.5.11 on Java 17.
 */
export const FOREIGN_PASSWORD = "Zo\u00EB's parrot \u2116 7";

/** What made it, the hash, its iterations. */
export const TAKEN: readonly (readonly [by: string, hash: string, iterations: number])[] = [
  [
    'passlib, pbkdf2_sha256.using(rounds=310000).hash(),',
    '$pbkdf2-sha256$310000$.r9XCkFI6V1LSSkl5FxrrQ$ti2wtaZ/9rkW6XFQ/YUjdbwFxY63XUmvc.H5ntyMmo4',
    310_000,
  ],
  [
    'Django, PBKDF2PasswordHasher().encode(…, iterations=260000),',
    'pbkdf2_sha256$260000$QZNgkbctVEhICWjIKPN2fm$RN1c4D/aNsOF1J2W3Men3oaKG2YNrJBWsdfdpjjrZmo=',
    260_000,
  ],
  [
    'Django, make_password(), as it is set up',
    'pbkdf2_sha256$1000000$qFbHKfFerfBOnuIkeJfizS$8Zo27tttYrKyxnlZDzclkVYa4UUHfl+pbYBMnbCX5uk=',
    1_000_000,
  ],
  [
    "Werkzeug, generate_password_hash(method='pbkdf2:sha256:260000'),",
    'pbkdf2:sha256:260000$HUY99RI5jGQ61630$e665dc1e544b63e7a62278becc29dbb4bb5167bb8d72d4c54d24738a2e9899e6',
    260_000,
  ],
  [
    "Werkzeug, generate_password_hash(method='pbkdf2'),",
    'pbkdf2:sha256:1000000$LC9SBuXYFlVGNoAK$bd39f1398932aa014197ec4fca52eb300d44ddaa5af9b7da3f4b8350dd67943b',
    1_000_000,
  ],
  [
    'Spring Security, Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_8(),',
    '5837a28a1021a0b3f4f0838f35646b287e5c4092472e088fbcbac6d772ff10365e3efb66cc8435302e2e37f4f39bec0a',
    310_000,
  ],
  [
    'Spring Security, the same in DelegatingPasswordEncoder,',
    '{pbkdf2@SpringSecurity_v5_8}5837a28a1021a0b3f4f0838f35646b287e5c4092472e088fbcbac6d772ff10365e3efb66cc8435302e2e37f4f39bec0a',
    310_000,
  ],
  [
    'Spring Security, the same under the id pbkdf2,',
    '{pbkdf2}5837a28a1021a0b3f4f0838f35646b287e5c4092472e088fbcbac6d772ff10365e3efb66cc8435302e2e37f4f39bec0a',
    310_000,
  ],
  [
    'Spring Security, the same with setEncodeHashAsBase64,',
    '{pbkdf2@SpringSecurity_v5_8}uqpx7xUcW00RuwDH7f0kVq4uxvoNwLhK2AFDBNiSa6zhZqcYE2GHaacPKrvTN/h6',
    310_000,
  ],
];

/** What made it, the hash, what the refusal says of it. */
export const REFUSED: readonly (readonly [by: string, hash: string, says: string])[] = [
  [
    'passlib, pbkdf2_sha256.hash(), as it is set up',
    '$pbkdf2-sha256$29000$HsP4f08p5TwHwDjnfI9xbg$S36xmcimOIbzg8NAJ/Em1/a0md8zVSE98Xp87DsuqBk',
    'fewer than 210000 iterations',
  ],
  [
    'passlib, pbkdf2_sha512',
    '$pbkdf2-sha512$310000$MUZoTUkJ4RzDGIOwFqJUqg$tfnQb.Le3IH8dEbgdbt1G3eRjR4PEFE0DffG5haZFjfW7.Y2xRJUbHMLDRJKwSEH3kqUMlvMy9xQ.lJ10IZcyQ',
    'HMAC-SHA512',
  ],
  ['passlib, pbkdf2_sha1', '$pbkdf2$310000$a83ZO2es9d4bI0QI4VyL0Q$qLRd7wUpD0IXijrr1m4lHkyPSxY', 'HMAC-SHA1'],
  ['Django, PBKDF2SHA1PasswordHasher', 'pbkdf2_sha1$260000$51UBZ93OvwkamZZQP9YGBd$b18Gz0xRo6mUFFLMx7kXGyBDro0=', 'HMAC-SHA1'],
  [
    'Django, ScryptPasswordHasher',
    'scrypt$16384$ArcSUuXKRKQC0qqLs64aAI$8$5$qx1XKrsjQlCYV5GVqZprDHsZz8HvU2vg2XwWsXoTdoNYeO1N5f2z45BBfP5ylspX/W+dEPAb+7WAauWONhSV5w==',
    'scrypt',
  ],
  [
    "Werkzeug, method='pbkdf2:sha512:260000'",
    'pbkdf2:sha512:260000$5Mf49AugcZC8DbZe$bbfdda35e3a0bb3184d11632ca5ddfddc718c188abf656c3cae71948b0435219a83ea9ed50941e1dfb33be021074cbafe8ce29a7a98ed3811f163e5fcb1e1e9f',
    'HMAC-SHA512',
  ],
  [
    'Werkzeug, as it is set up',
    'scrypt:32768:8:1$FwdBs5lD44rU5T6P$760e8f1908c5b7993bc11e2c370cb6325464aaa3d9f983ab17f25e4edcf958c868d7cb40c706b94d04b94749ff13c874cfd855bfe40ff6cc4f26f20dc27c668b',
    'scrypt',
  ],
  [
    'Spring Security, defaultsForSpringSecurity_v5_5',
    'cd105da1b51a48a7cbb62ae405c715f5fd73789ebac56d3ec4c84038e80266bfaa27dbc5bdfa7ca2',
    'HMAC-SHA1 and a salt of 8 bytes',
  ],
  [
    'Spring Security, the same in DelegatingPasswordEncoder',
    '{pbkdf2}cd105da1b51a48a7cbb62ae405c715f5fd73789ebac56d3ec4c84038e80266bfaa27dbc5bdfa7ca2',
    'HMAC-SHA1 and a salt of 8 bytes',
  ],
  ['passlib, argon2', '$argon2id$v=19$m=8192,t=2,p=4$N+a8t5YyxhgDwBhD6F2LEQ$t42nW73DwC+TWZmgecFjMKJtuWU2qInBx1K89JJuE6M', 'takes memory'],
  ['passlib, scrypt', '$scrypt$ln=10,r=8,p=1$WktJaW0tZYyxdo7xHqM0pg$ZmDZ3iZO/ayiFb9k7IrkG38dZw2pLxdUtH8sVZZI2MY', 'scrypt'],
  [
    'Django, Argon2PasswordHasher',
    'argon2$argon2id$v=19$m=102400,t=2,p=8$VWc0NHNvdmVWcHZrRHRrd0pQWWZwaQ$y01srEOe1A3ioLuR+J0CD91ezKOrjHUI5lBNZ5FbHKs',
    'takes memory',
  ],
  [
    'Spring Security, as it is set up, behind the name of its encoder',
    '$2a$10$d9ijOx6KbnKPnIr.HdKbKunJjQM/90E9o6223LV60S9WoM.Muna/e',
    'Blowfish crypt',
  ],
];
