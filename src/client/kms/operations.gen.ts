// Generated from the OpenAPI document of the KMS by `npm run generate`; a test fails where the two differ.

/** Of each operation: method, path below the service URL, status of its success, and whether it takes an Idempotency-Key. */
export const KMS_ROUTES = {
  changeElasticKey: { method: 'PATCH', path: '/elastic-keys/{id}', status: 200, takesKey: true },
  createElasticKey: { method: 'POST', path: '/elastic-keys', status: 201, takesKey: true },
  decrypt: { method: 'POST', path: '/elastic-keys/{id}/decrypt', status: 200 },
  decryptBatch: { method: 'POST', path: '/elastic-keys/{id}/decrypt/batch', status: 200 },
  encrypt: { method: 'POST', path: '/elastic-keys/{id}/encrypt', status: 200 },
  encryptBatch: { method: 'POST', path: '/elastic-keys/{id}/encrypt/batch', status: 200 },
  exportKey: { method: 'POST', path: '/elastic-keys/{id}/export', status: 200 },
  generate: { method: 'POST', path: '/elastic-keys/{id}/generate', status: 200 },
  generateBatch: { method: 'POST', path: '/elastic-keys/{id}/generate/batch', status: 200 },
  getImportParameters: { method: 'GET', path: '/elastic-keys/{id}/import-parameters', status: 200, takesKey: true },
  importKey: { method: 'POST', path: '/elastic-keys/{id}/import', status: 201, takesKey: true },
  listAlgorithms: { method: 'GET', path: '/algorithms', status: 200 },
  listElasticKeys: { method: 'GET', path: '/elastic-keys', status: 200 },
  listMaterialKeys: { method: 'GET', path: '/elastic-keys/{id}/material-keys', status: 200 },
  mac: { method: 'POST', path: '/elastic-keys/{id}/mac', status: 200 },
  macBatch: { method: 'POST', path: '/elastic-keys/{id}/mac/batch', status: 200 },
  macVerify: { method: 'POST', path: '/elastic-keys/{id}/mac-verify', status: 200 },
  macVerifyBatch: { method: 'POST', path: '/elastic-keys/{id}/mac-verify/batch', status: 200 },
  readAudit: { method: 'GET', path: '/audit', status: 200 },
  readElasticKey: { method: 'GET', path: '/elastic-keys/{id}', status: 200 },
  readJwks: { method: 'GET', path: '/elastic-keys/{id}/jwks', status: 200 },
  readMaterialKey: { method: 'GET', path: '/elastic-keys/{id}/material-keys/{kid}', status: 200 },
  restoreElasticKey: { method: 'POST', path: '/elastic-keys/{id}/restore', status: 200, takesKey: true },
  restoreMaterialKey: { method: 'POST', path: '/elastic-keys/{id}/material-keys/{kid}/restore', status: 200, takesKey: true },
  revokeMaterialKey: { method: 'POST', path: '/elastic-keys/{id}/material-keys/{kid}/revoke', status: 200, takesKey: true },
  rewrap: { method: 'POST', path: '/elastic-keys/{id}/rewrap', status: 200 },
  rewrapBatch: { method: 'POST', path: '/elastic-keys/{id}/rewrap/batch', status: 200 },
  rotateElasticKey: { method: 'POST', path: '/elastic-keys/{id}/material-keys', status: 201, takesKey: true },
  scheduleElasticKeyDeletion: { method: 'DELETE', path: '/elastic-keys/{id}', status: 202, takesKey: true },
  scheduleMaterialKeyDeletion: { method: 'DELETE', path: '/elastic-keys/{id}/material-keys/{kid}', status: 202, takesKey: true },
  sign: { method: 'POST', path: '/elastic-keys/{id}/sign', status: 200 },
  signBatch: { method: 'POST', path: '/elastic-keys/{id}/sign/batch', status: 200 },
  signRaw: { method: 'POST', path: '/elastic-keys/{id}/sign-raw', status: 200 },
  signRawBatch: { method: 'POST', path: '/elastic-keys/{id}/sign-raw/batch', status: 200 },
  unwrap: { method: 'POST', path: '/elastic-keys/{id}/unwrap', status: 200 },
  unwrapBatch: { method: 'POST', path: '/elastic-keys/{id}/unwrap/batch', status: 200 },
  verify: { method: 'POST', path: '/elastic-keys/{id}/verify', status: 200 },
  verifyBatch: { method: 'POST', path: '/elastic-keys/{id}/verify/batch', status: 200 },
  verifyRaw: { method: 'POST', path: '/elastic-keys/{id}/verify-raw', status: 200 },
  verifyRawBatch: { method: 'POST', path: '/elastic-keys/{id}/verify-raw/batch', status: 200 },
  wrap: { method: 'POST', path: '/elastic-keys/{id}/wrap', status: 200 },
  wrapBatch: { method: 'POST', path: '/elastic-keys/{id}/wrap/batch', status: 200 },
} as const;

/** JSON Schemas, written as types, of each operation: its query, its body, the body of its success. */
export interface KmsSchemas {
  changeElasticKey: {
    body: {
      type: 'object';
      properties: {
        name: { type: 'string' };
        description: { type: 'string' };
        labels: { anyOf: [{ type: 'object'; additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, { type: 'null' }] };
        state: { type: 'string'; enum: ['active', 'suspended'] };
        operations: {
          type: 'array';
          items: {
            type: 'string';
            enum: [
              'encrypt',
              'decrypt',
              'sign',
              'verify',
              'sign-raw',
              'verify-raw',
              'mac',
              'mac-verify',
              'wrap',
              'unwrap',
              'rewrap',
              'generate',
            ];
          };
        };
        min_decryption_version: { type: 'integer' };
        max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
    };
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        name: { type: 'string' };
        description: { type: 'string' };
        labels: { type: 'object'; additionalProperties: { type: 'string' } };
        algorithm: { type: 'string' };
        key_size: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        curve: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        use: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
        operations: {
          type: 'array';
          items: {
            type: 'string';
            enum: [
              'encrypt',
              'decrypt',
              'sign',
              'verify',
              'sign-raw',
              'verify-raw',
              'mac',
              'mac-verify',
              'wrap',
              'unwrap',
              'rewrap',
              'generate',
            ];
          };
        };
        state: { type: 'string'; enum: ['pending-import', 'active', 'suspended', 'pending-deletion', 'destroyed'] };
        origin: { type: 'string'; enum: ['kms', 'external'] };
        exportable: { type: 'boolean' };
        latest_version: { type: 'integer' };
        min_decryption_version: { type: 'integer' };
        created_at: { type: 'string' };
        max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        next_rotation_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        updated_at: { type: 'string' };
        expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'name',
        'description',
        'labels',
        'algorithm',
        'key_size',
        'curve',
        'use',
        'operations',
        'state',
        'origin',
        'exportable',
        'latest_version',
        'min_decryption_version',
        'created_at',
        'max_protections',
        'rotation_after_protections',
        'rotation_period',
        'next_rotation_at',
        'updated_at',
        'expires_at',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  createElasticKey: {
    body: {
      type: 'object';
      properties: {
        name: { type: 'string' };
        description: { type: 'string' };
        labels: { type: 'object'; additionalProperties: { type: 'string' } };
        algorithm: { type: 'string' };
        key_size: { type: 'integer' };
        curve: { type: 'string' };
        use: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
        operations: {
          type: 'array';
          items: {
            type: 'string';
            enum: [
              'encrypt',
              'decrypt',
              'sign',
              'verify',
              'sign-raw',
              'verify-raw',
              'mac',
              'mac-verify',
              'wrap',
              'unwrap',
              'rewrap',
              'generate',
            ];
          };
        };
        origin: { type: 'string'; enum: ['kms', 'external'] };
        exportable: { type: 'boolean' };
        max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: ['name', 'algorithm'];
    };
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        name: { type: 'string' };
        description: { type: 'string' };
        labels: { type: 'object'; additionalProperties: { type: 'string' } };
        algorithm: { type: 'string' };
        key_size: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        curve: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        use: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
        operations: {
          type: 'array';
          items: {
            type: 'string';
            enum: [
              'encrypt',
              'decrypt',
              'sign',
              'verify',
              'sign-raw',
              'verify-raw',
              'mac',
              'mac-verify',
              'wrap',
              'unwrap',
              'rewrap',
              'generate',
            ];
          };
        };
        state: { type: 'string'; enum: ['pending-import', 'active', 'suspended', 'pending-deletion', 'destroyed'] };
        origin: { type: 'string'; enum: ['kms', 'external'] };
        exportable: { type: 'boolean' };
        latest_version: { type: 'integer' };
        min_decryption_version: { type: 'integer' };
        created_at: { type: 'string' };
        max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        next_rotation_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        updated_at: { type: 'string' };
        expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'name',
        'description',
        'labels',
        'algorithm',
        'key_size',
        'curve',
        'use',
        'operations',
        'state',
        'origin',
        'exportable',
        'latest_version',
        'min_decryption_version',
        'created_at',
        'max_protections',
        'rotation_after_protections',
        'rotation_period',
        'next_rotation_at',
        'updated_at',
        'expires_at',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  decrypt: {
    body: { type: 'object'; properties: { ciphertext: { type: 'string' }; context: { type: 'string' } }; required: ['ciphertext'] };
    answer: { type: 'object'; properties: { plaintext: { type: 'string' } }; required: ['plaintext'] };
  };
  decryptBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: { reference: { type: 'string' }; ciphertext: { type: 'string' }; context: { type: 'string' } };
            required: ['ciphertext'];
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              plaintext: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  encrypt: {
    body: { type: 'object'; properties: { plaintext: { type: 'string' }; context: { type: 'string' } }; required: ['plaintext'] };
    answer: {
      type: 'object';
      properties: { ciphertext: { type: 'string' }; material_key_id: { type: 'string' } };
      required: ['ciphertext', 'material_key_id'];
    };
  };
  encryptBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: { reference: { type: 'string' }; plaintext: { type: 'string' }; context: { type: 'string' } };
            required: ['plaintext'];
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              ciphertext: { type: 'string' };
              material_key_id: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  exportKey: {
    body: {
      type: 'object';
      properties: {
        recipient_jwk: {
          type: 'object';
          additionalProperties: true;
          properties: {
            kty: { type: 'string' };
            crv: { type: 'string' };
            x: { type: 'string' };
            y: { type: 'string' };
            n: { type: 'string' };
            e: { type: 'string' };
            kid: { type: 'string' };
            alg: { type: 'string' };
            use: { type: 'string' };
          };
          required: ['kty'];
        };
        material_key_id: { type: 'string' };
        format: { type: 'string'; enum: ['pkcs8', 'raw', 'jwk'] };
      };
      required: ['recipient_jwk'];
    };
    answer: {
      type: 'object';
      properties: {
        material_key_id: { type: 'string' };
        version: { type: 'integer' };
        format: { type: 'string'; enum: ['pkcs8', 'raw', 'jwk'] };
        wrapping: { type: 'string'; enum: ['RSA_AES_KEY_WRAP_SHA_256', 'ECDH_ES_A256KW'] };
        wrapped_key: { type: 'string' };
      };
      required: ['material_key_id', 'version', 'format', 'wrapping', 'wrapped_key'];
    };
  };
  generate: {
    body: {
      type: 'object';
      properties: {
        bits: { type: 'integer'; enum: [128, 192, 256, 512] };
        return_plaintext: { type: 'boolean' };
        context: { type: 'string' };
      };
    };
    answer: {
      type: 'object';
      properties: { plaintext: { type: 'string' }; ciphertext: { type: 'string' }; material_key_id: { type: 'string' } };
      required: ['ciphertext', 'material_key_id'];
    };
  };
  generateBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              bits: { type: 'integer'; enum: [128, 192, 256, 512] };
              return_plaintext: { type: 'boolean' };
              context: { type: 'string' };
            };
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              plaintext: { type: 'string' };
              ciphertext: { type: 'string' };
              material_key_id: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  getImportParameters: {
    query: { type: 'object'; properties: { wrapping: { type: 'string'; enum: ['RSA_AES_KEY_WRAP_SHA_256', 'ECDH_ES_A256KW'] } } };
    answer: {
      type: 'object';
      properties: {
        transport_key_id: { type: 'string' };
        wrapping: { type: 'string'; enum: ['RSA_AES_KEY_WRAP_SHA_256', 'ECDH_ES_A256KW'] };
        public_jwk: {
          type: 'object';
          properties: {
            kty: { type: 'string' };
            crv: { type: 'string' };
            x: { type: 'string' };
            y: { type: 'string' };
            n: { type: 'string' };
            e: { type: 'string' };
            pub: { type: 'string' };
            kid: { type: 'string' };
            alg: { type: 'string' };
            use: { type: 'string'; enum: ['sig', 'enc'] };
          };
          required: ['kty', 'kid'];
        };
        public_key_pem: { type: 'string' };
        expires_at: { type: 'string' };
      };
      required: ['transport_key_id', 'wrapping', 'public_jwk', 'public_key_pem', 'expires_at'];
    };
  };
  importKey: {
    body: {
      type: 'object';
      properties: {
        transport_key_id: { type: 'string' };
        wrapped_key: { type: 'string' };
        format: { type: 'string'; enum: ['pkcs8', 'raw', 'jwk'] };
        material_key_id: { type: 'string' };
      };
      required: ['transport_key_id', 'wrapped_key'];
    };
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        elastic_key_id: { type: 'string' };
        version: { type: 'integer' };
        state: { type: 'string'; enum: ['active', 'deactivated', 'compromised', 'pending-deletion', 'destroyed'] };
        public_jwk: {
          anyOf: [
            {
              type: 'object';
              properties: {
                kty: { type: 'string' };
                crv: { type: 'string' };
                x: { type: 'string' };
                y: { type: 'string' };
                n: { type: 'string' };
                e: { type: 'string' };
                pub: { type: 'string' };
                kid: { type: 'string' };
                alg: { type: 'string' };
                use: { type: 'string'; enum: ['sig', 'enc'] };
              };
              required: ['kty', 'kid'];
            },
            { type: 'null' },
          ];
        };
        protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        created_at: { type: 'string' };
        deactivated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        revocation: {
          anyOf: [
            {
              type: 'object';
              properties: {
                revoked_at: { type: 'string' };
                reason: {
                  type: 'string';
                  enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'];
                };
                comment: { type: 'string' };
                allow_processing: { type: 'boolean' };
              };
              required: ['revoked_at', 'reason', 'comment', 'allow_processing'];
            },
            { type: 'null' },
          ];
        };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'elastic_key_id',
        'version',
        'state',
        'public_jwk',
        'protections',
        'created_at',
        'deactivated_at',
        'revocation',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  listAlgorithms: {
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              algorithm: { type: 'string' };
              use: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
              operations: {
                type: 'array';
                items: {
                  type: 'string';
                  enum: [
                    'encrypt',
                    'decrypt',
                    'sign',
                    'verify',
                    'sign-raw',
                    'verify-raw',
                    'mac',
                    'mac-verify',
                    'wrap',
                    'unwrap',
                    'rewrap',
                    'generate',
                  ];
                };
              };
              alg: { type: 'string' };
              enc: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              key_sizes: { type: 'array'; items: { type: 'integer' } };
              curves: { type: 'array'; items: { type: 'string' } };
              hash: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              signature_encodings: { type: 'array'; items: { type: 'string'; enum: ['der', 'p1363'] } };
              signs_digests: { type: 'boolean' };
              protection_limit: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
              summary: { type: 'string' };
              libraries: {
                type: 'array';
                items: {
                  type: 'object';
                  properties: { name: { type: 'string' }; curves: { type: 'array'; items: { type: 'string' } } };
                  required: ['name', 'curves'];
                };
              };
            };
            required: [
              'algorithm',
              'use',
              'operations',
              'alg',
              'enc',
              'key_sizes',
              'curves',
              'hash',
              'signature_encodings',
              'signs_digests',
              'protection_limit',
              'summary',
              'libraries',
            ];
          };
        };
        libraries: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              name: { type: 'string' };
              language: { type: 'string' };
              version: { type: 'string' };
              context: { anyOf: [{ type: 'string'; enum: ['read', 'registered'] }, { type: 'null' }] };
              not_encrypting_for: { type: 'array'; items: { type: 'string' } };
              not_by_jwk_set: { type: 'array'; items: { type: 'string' } };
              refuses_sets_with: { type: 'array'; items: { type: 'string' } };
            };
            required: ['name', 'language', 'version', 'context', 'not_encrypting_for', 'not_by_jwk_set', 'refuses_sets_with'];
          };
        };
      };
      required: ['items', 'libraries'];
    };
  };
  listElasticKeys: {
    query: {
      type: 'object';
      properties: {
        name: { type: 'string' };
        algorithm: { type: 'string' };
        state: { type: 'string'; enum: ['pending-import', 'active', 'suspended', 'pending-deletion', 'destroyed'] };
        label: { type: 'array'; items: { type: 'string' } };
        sort: { type: 'string'; enum: ['name', '-name', 'created_at', '-created_at'] };
        limit: { type: 'string' };
        cursor: { type: 'string' };
      };
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              id: { type: 'string' };
              name: { type: 'string' };
              description: { type: 'string' };
              labels: { type: 'object'; additionalProperties: { type: 'string' } };
              algorithm: { type: 'string' };
              key_size: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
              curve: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              use: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
              operations: {
                type: 'array';
                items: {
                  type: 'string';
                  enum: [
                    'encrypt',
                    'decrypt',
                    'sign',
                    'verify',
                    'sign-raw',
                    'verify-raw',
                    'mac',
                    'mac-verify',
                    'wrap',
                    'unwrap',
                    'rewrap',
                    'generate',
                  ];
                };
              };
              state: { type: 'string'; enum: ['pending-import', 'active', 'suspended', 'pending-deletion', 'destroyed'] };
              origin: { type: 'string'; enum: ['kms', 'external'] };
              exportable: { type: 'boolean' };
              latest_version: { type: 'integer' };
              min_decryption_version: { type: 'integer' };
              created_at: { type: 'string' };
              max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
              rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
              rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              next_rotation_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              updated_at: { type: 'string' };
              expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
            };
            required: [
              'id',
              'name',
              'description',
              'labels',
              'algorithm',
              'key_size',
              'curve',
              'use',
              'operations',
              'state',
              'origin',
              'exportable',
              'latest_version',
              'min_decryption_version',
              'created_at',
              'max_protections',
              'rotation_after_protections',
              'rotation_period',
              'next_rotation_at',
              'updated_at',
              'expires_at',
              'deletion_at',
              'destroyed_at',
            ];
          };
        };
        next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: ['items', 'next_cursor'];
    };
  };
  listMaterialKeys: {
    query: { type: 'object'; properties: { limit: { type: 'string' }; cursor: { type: 'string' } } };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              id: { type: 'string' };
              elastic_key_id: { type: 'string' };
              version: { type: 'integer' };
              state: { type: 'string'; enum: ['active', 'deactivated', 'compromised', 'pending-deletion', 'destroyed'] };
              public_jwk: {
                anyOf: [
                  {
                    type: 'object';
                    properties: {
                      kty: { type: 'string' };
                      crv: { type: 'string' };
                      x: { type: 'string' };
                      y: { type: 'string' };
                      n: { type: 'string' };
                      e: { type: 'string' };
                      pub: { type: 'string' };
                      kid: { type: 'string' };
                      alg: { type: 'string' };
                      use: { type: 'string'; enum: ['sig', 'enc'] };
                    };
                    required: ['kty', 'kid'];
                  },
                  { type: 'null' },
                ];
              };
              protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
              created_at: { type: 'string' };
              deactivated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              revocation: {
                anyOf: [
                  {
                    type: 'object';
                    properties: {
                      revoked_at: { type: 'string' };
                      reason: {
                        type: 'string';
                        enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'];
                      };
                      comment: { type: 'string' };
                      allow_processing: { type: 'boolean' };
                    };
                    required: ['revoked_at', 'reason', 'comment', 'allow_processing'];
                  },
                  { type: 'null' },
                ];
              };
              deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
            };
            required: [
              'id',
              'elastic_key_id',
              'version',
              'state',
              'public_jwk',
              'protections',
              'created_at',
              'deactivated_at',
              'revocation',
              'deletion_at',
              'destroyed_at',
            ];
          };
        };
        next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: ['items', 'next_cursor'];
    };
  };
  mac: {
    body: { type: 'object'; properties: { payload: { type: 'string' } }; required: ['payload'] };
    answer: {
      type: 'object';
      properties: { mac: { type: 'string' }; material_key_id: { type: 'string' } };
      required: ['mac', 'material_key_id'];
    };
  };
  macBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: { type: 'object'; properties: { reference: { type: 'string' }; payload: { type: 'string' } }; required: ['payload'] };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              mac: { type: 'string' };
              material_key_id: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  macVerify: {
    body: {
      type: 'object';
      properties: { payload: { type: 'string' }; mac: { type: 'string' }; material_key_id: { type: 'string' } };
      required: ['payload', 'mac', 'material_key_id'];
    };
    answer: { type: 'object'; properties: { valid: { type: 'boolean' } }; required: ['valid'] };
  };
  macVerifyBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              payload: { type: 'string' };
              mac: { type: 'string' };
              material_key_id: { type: 'string' };
            };
            required: ['payload', 'mac', 'material_key_id'];
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              valid: { type: 'boolean' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  readAudit: {
    query: {
      type: 'object';
      properties: {
        key: { type: 'string' };
        actor: { type: 'string' };
        operation: { type: 'string' };
        outcome: { type: 'string'; enum: ['begun', 'done', 'refused', 'failed', 'unknown'] };
        from: { type: 'string' };
        to: { type: 'string' };
        limit: { type: 'string' };
        cursor: { type: 'string' };
      };
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              time: { type: 'string' };
              operation: { type: 'string' };
              outcome: { type: 'string'; enum: ['begun', 'done', 'refused', 'failed', 'unknown'] };
              code: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              elastic_key_id: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              material_key_id: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              subject: { type: 'string' };
              username: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              credential: { type: 'string' };
              issuer: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              token_id: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              address: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              request_id: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              trace_id: { anyOf: [{ type: 'string' }, { type: 'null' }] };
              chain: { type: 'string' };
              seq: { type: 'integer' };
            };
            required: [
              'time',
              'operation',
              'outcome',
              'code',
              'elastic_key_id',
              'material_key_id',
              'subject',
              'username',
              'credential',
              'issuer',
              'token_id',
              'address',
              'request_id',
              'trace_id',
              'chain',
              'seq',
            ];
          };
        };
        next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: ['items', 'next_cursor'];
    };
  };
  readElasticKey: {
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        name: { type: 'string' };
        description: { type: 'string' };
        labels: { type: 'object'; additionalProperties: { type: 'string' } };
        algorithm: { type: 'string' };
        key_size: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        curve: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        use: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
        operations: {
          type: 'array';
          items: {
            type: 'string';
            enum: [
              'encrypt',
              'decrypt',
              'sign',
              'verify',
              'sign-raw',
              'verify-raw',
              'mac',
              'mac-verify',
              'wrap',
              'unwrap',
              'rewrap',
              'generate',
            ];
          };
        };
        state: { type: 'string'; enum: ['pending-import', 'active', 'suspended', 'pending-deletion', 'destroyed'] };
        origin: { type: 'string'; enum: ['kms', 'external'] };
        exportable: { type: 'boolean' };
        latest_version: { type: 'integer' };
        min_decryption_version: { type: 'integer' };
        created_at: { type: 'string' };
        max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        next_rotation_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        updated_at: { type: 'string' };
        expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'name',
        'description',
        'labels',
        'algorithm',
        'key_size',
        'curve',
        'use',
        'operations',
        'state',
        'origin',
        'exportable',
        'latest_version',
        'min_decryption_version',
        'created_at',
        'max_protections',
        'rotation_after_protections',
        'rotation_period',
        'next_rotation_at',
        'updated_at',
        'expires_at',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  readJwks: {
    answer: {
      type: 'object';
      properties: {
        keys: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              kty: { type: 'string' };
              crv: { type: 'string' };
              x: { type: 'string' };
              y: { type: 'string' };
              n: { type: 'string' };
              e: { type: 'string' };
              pub: { type: 'string' };
              kid: { type: 'string' };
              alg: { type: 'string' };
              use: { type: 'string'; enum: ['sig', 'enc'] };
            };
            required: ['kty', 'kid'];
          };
        };
      };
      required: ['keys'];
    };
  };
  readMaterialKey: {
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        elastic_key_id: { type: 'string' };
        version: { type: 'integer' };
        state: { type: 'string'; enum: ['active', 'deactivated', 'compromised', 'pending-deletion', 'destroyed'] };
        public_jwk: {
          anyOf: [
            {
              type: 'object';
              properties: {
                kty: { type: 'string' };
                crv: { type: 'string' };
                x: { type: 'string' };
                y: { type: 'string' };
                n: { type: 'string' };
                e: { type: 'string' };
                pub: { type: 'string' };
                kid: { type: 'string' };
                alg: { type: 'string' };
                use: { type: 'string'; enum: ['sig', 'enc'] };
              };
              required: ['kty', 'kid'];
            },
            { type: 'null' },
          ];
        };
        protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        created_at: { type: 'string' };
        deactivated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        revocation: {
          anyOf: [
            {
              type: 'object';
              properties: {
                revoked_at: { type: 'string' };
                reason: {
                  type: 'string';
                  enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'];
                };
                comment: { type: 'string' };
                allow_processing: { type: 'boolean' };
              };
              required: ['revoked_at', 'reason', 'comment', 'allow_processing'];
            },
            { type: 'null' },
          ];
        };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'elastic_key_id',
        'version',
        'state',
        'public_jwk',
        'protections',
        'created_at',
        'deactivated_at',
        'revocation',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  restoreElasticKey: {
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        name: { type: 'string' };
        description: { type: 'string' };
        labels: { type: 'object'; additionalProperties: { type: 'string' } };
        algorithm: { type: 'string' };
        key_size: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        curve: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        use: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
        operations: {
          type: 'array';
          items: {
            type: 'string';
            enum: [
              'encrypt',
              'decrypt',
              'sign',
              'verify',
              'sign-raw',
              'verify-raw',
              'mac',
              'mac-verify',
              'wrap',
              'unwrap',
              'rewrap',
              'generate',
            ];
          };
        };
        state: { type: 'string'; enum: ['pending-import', 'active', 'suspended', 'pending-deletion', 'destroyed'] };
        origin: { type: 'string'; enum: ['kms', 'external'] };
        exportable: { type: 'boolean' };
        latest_version: { type: 'integer' };
        min_decryption_version: { type: 'integer' };
        created_at: { type: 'string' };
        max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        next_rotation_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        updated_at: { type: 'string' };
        expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'name',
        'description',
        'labels',
        'algorithm',
        'key_size',
        'curve',
        'use',
        'operations',
        'state',
        'origin',
        'exportable',
        'latest_version',
        'min_decryption_version',
        'created_at',
        'max_protections',
        'rotation_after_protections',
        'rotation_period',
        'next_rotation_at',
        'updated_at',
        'expires_at',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  restoreMaterialKey: {
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        elastic_key_id: { type: 'string' };
        version: { type: 'integer' };
        state: { type: 'string'; enum: ['active', 'deactivated', 'compromised', 'pending-deletion', 'destroyed'] };
        public_jwk: {
          anyOf: [
            {
              type: 'object';
              properties: {
                kty: { type: 'string' };
                crv: { type: 'string' };
                x: { type: 'string' };
                y: { type: 'string' };
                n: { type: 'string' };
                e: { type: 'string' };
                pub: { type: 'string' };
                kid: { type: 'string' };
                alg: { type: 'string' };
                use: { type: 'string'; enum: ['sig', 'enc'] };
              };
              required: ['kty', 'kid'];
            },
            { type: 'null' },
          ];
        };
        protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        created_at: { type: 'string' };
        deactivated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        revocation: {
          anyOf: [
            {
              type: 'object';
              properties: {
                revoked_at: { type: 'string' };
                reason: {
                  type: 'string';
                  enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'];
                };
                comment: { type: 'string' };
                allow_processing: { type: 'boolean' };
              };
              required: ['revoked_at', 'reason', 'comment', 'allow_processing'];
            },
            { type: 'null' },
          ];
        };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'elastic_key_id',
        'version',
        'state',
        'public_jwk',
        'protections',
        'created_at',
        'deactivated_at',
        'revocation',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  revokeMaterialKey: {
    body: {
      type: 'object';
      properties: {
        reason: { type: 'string'; enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'] };
        comment: { type: 'string' };
        allow_processing: { type: 'boolean' };
      };
      required: ['reason'];
    };
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        elastic_key_id: { type: 'string' };
        version: { type: 'integer' };
        state: { type: 'string'; enum: ['active', 'deactivated', 'compromised', 'pending-deletion', 'destroyed'] };
        public_jwk: {
          anyOf: [
            {
              type: 'object';
              properties: {
                kty: { type: 'string' };
                crv: { type: 'string' };
                x: { type: 'string' };
                y: { type: 'string' };
                n: { type: 'string' };
                e: { type: 'string' };
                pub: { type: 'string' };
                kid: { type: 'string' };
                alg: { type: 'string' };
                use: { type: 'string'; enum: ['sig', 'enc'] };
              };
              required: ['kty', 'kid'];
            },
            { type: 'null' },
          ];
        };
        protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        created_at: { type: 'string' };
        deactivated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        revocation: {
          anyOf: [
            {
              type: 'object';
              properties: {
                revoked_at: { type: 'string' };
                reason: {
                  type: 'string';
                  enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'];
                };
                comment: { type: 'string' };
                allow_processing: { type: 'boolean' };
              };
              required: ['revoked_at', 'reason', 'comment', 'allow_processing'];
            },
            { type: 'null' },
          ];
        };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'elastic_key_id',
        'version',
        'state',
        'public_jwk',
        'protections',
        'created_at',
        'deactivated_at',
        'revocation',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  rewrap: {
    body: { type: 'object'; properties: { ciphertext: { type: 'string' }; context: { type: 'string' } }; required: ['ciphertext'] };
    answer: {
      type: 'object';
      properties: { ciphertext: { type: 'string' }; material_key_id: { type: 'string' } };
      required: ['ciphertext', 'material_key_id'];
    };
  };
  rewrapBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: { reference: { type: 'string' }; ciphertext: { type: 'string' }; context: { type: 'string' } };
            required: ['ciphertext'];
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              ciphertext: { type: 'string' };
              material_key_id: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  rotateElasticKey: {
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        elastic_key_id: { type: 'string' };
        version: { type: 'integer' };
        state: { type: 'string'; enum: ['active', 'deactivated', 'compromised', 'pending-deletion', 'destroyed'] };
        public_jwk: {
          anyOf: [
            {
              type: 'object';
              properties: {
                kty: { type: 'string' };
                crv: { type: 'string' };
                x: { type: 'string' };
                y: { type: 'string' };
                n: { type: 'string' };
                e: { type: 'string' };
                pub: { type: 'string' };
                kid: { type: 'string' };
                alg: { type: 'string' };
                use: { type: 'string'; enum: ['sig', 'enc'] };
              };
              required: ['kty', 'kid'];
            },
            { type: 'null' },
          ];
        };
        protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        created_at: { type: 'string' };
        deactivated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        revocation: {
          anyOf: [
            {
              type: 'object';
              properties: {
                revoked_at: { type: 'string' };
                reason: {
                  type: 'string';
                  enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'];
                };
                comment: { type: 'string' };
                allow_processing: { type: 'boolean' };
              };
              required: ['revoked_at', 'reason', 'comment', 'allow_processing'];
            },
            { type: 'null' },
          ];
        };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'elastic_key_id',
        'version',
        'state',
        'public_jwk',
        'protections',
        'created_at',
        'deactivated_at',
        'revocation',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  scheduleElasticKeyDeletion: {
    query: { type: 'object'; properties: { wait_days: { type: 'string' } } };
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        name: { type: 'string' };
        description: { type: 'string' };
        labels: { type: 'object'; additionalProperties: { type: 'string' } };
        algorithm: { type: 'string' };
        key_size: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        curve: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        use: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
        operations: {
          type: 'array';
          items: {
            type: 'string';
            enum: [
              'encrypt',
              'decrypt',
              'sign',
              'verify',
              'sign-raw',
              'verify-raw',
              'mac',
              'mac-verify',
              'wrap',
              'unwrap',
              'rewrap',
              'generate',
            ];
          };
        };
        state: { type: 'string'; enum: ['pending-import', 'active', 'suspended', 'pending-deletion', 'destroyed'] };
        origin: { type: 'string'; enum: ['kms', 'external'] };
        exportable: { type: 'boolean' };
        latest_version: { type: 'integer' };
        min_decryption_version: { type: 'integer' };
        created_at: { type: 'string' };
        max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        next_rotation_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        updated_at: { type: 'string' };
        expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'name',
        'description',
        'labels',
        'algorithm',
        'key_size',
        'curve',
        'use',
        'operations',
        'state',
        'origin',
        'exportable',
        'latest_version',
        'min_decryption_version',
        'created_at',
        'max_protections',
        'rotation_after_protections',
        'rotation_period',
        'next_rotation_at',
        'updated_at',
        'expires_at',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  scheduleMaterialKeyDeletion: {
    query: { type: 'object'; properties: { wait_days: { type: 'string' } } };
    answer: {
      type: 'object';
      properties: {
        id: { type: 'string' };
        elastic_key_id: { type: 'string' };
        version: { type: 'integer' };
        state: { type: 'string'; enum: ['active', 'deactivated', 'compromised', 'pending-deletion', 'destroyed'] };
        public_jwk: {
          anyOf: [
            {
              type: 'object';
              properties: {
                kty: { type: 'string' };
                crv: { type: 'string' };
                x: { type: 'string' };
                y: { type: 'string' };
                n: { type: 'string' };
                e: { type: 'string' };
                pub: { type: 'string' };
                kid: { type: 'string' };
                alg: { type: 'string' };
                use: { type: 'string'; enum: ['sig', 'enc'] };
              };
              required: ['kty', 'kid'];
            },
            { type: 'null' },
          ];
        };
        protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
        created_at: { type: 'string' };
        deactivated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        revocation: {
          anyOf: [
            {
              type: 'object';
              properties: {
                revoked_at: { type: 'string' };
                reason: {
                  type: 'string';
                  enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'];
                };
                comment: { type: 'string' };
                allow_processing: { type: 'boolean' };
              };
              required: ['revoked_at', 'reason', 'comment', 'allow_processing'];
            },
            { type: 'null' },
          ];
        };
        deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
        destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      };
      required: [
        'id',
        'elastic_key_id',
        'version',
        'state',
        'public_jwk',
        'protections',
        'created_at',
        'deactivated_at',
        'revocation',
        'deletion_at',
        'destroyed_at',
      ];
    };
  };
  sign: {
    body: {
      type: 'object';
      properties: { payload: { type: 'string' }; detached: { type: 'boolean' }; b64: { type: 'boolean' } };
      required: ['payload'];
    };
    answer: {
      type: 'object';
      properties: { jws: { type: 'string' }; material_key_id: { type: 'string' } };
      required: ['jws', 'material_key_id'];
    };
  };
  signBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              payload: { type: 'string' };
              detached: { type: 'boolean' };
              b64: { type: 'boolean' };
            };
            required: ['payload'];
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              jws: { type: 'string' };
              material_key_id: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  signRaw: {
    body: {
      type: 'object';
      properties: { payload: { type: 'string' }; digest: { type: 'string' }; encoding: { type: 'string'; enum: ['der', 'p1363'] } };
    };
    answer: {
      type: 'object';
      properties: {
        signature: { type: 'string' };
        encoding: { type: 'string'; enum: ['der', 'p1363'] };
        material_key_id: { type: 'string' };
      };
      required: ['signature', 'material_key_id'];
    };
  };
  signRawBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              payload: { type: 'string' };
              digest: { type: 'string' };
              encoding: { type: 'string'; enum: ['der', 'p1363'] };
            };
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              signature: { type: 'string' };
              encoding: { type: 'string'; enum: ['der', 'p1363'] };
              material_key_id: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  unwrap: {
    body: { type: 'object'; properties: { wrapped_key: { type: 'string' }; context: { type: 'string' } }; required: ['wrapped_key'] };
    answer: { type: 'object'; properties: { key: { type: 'string' } }; required: ['key'] };
  };
  unwrapBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: { reference: { type: 'string' }; wrapped_key: { type: 'string' }; context: { type: 'string' } };
            required: ['wrapped_key'];
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              key: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  verify: {
    body: { type: 'object'; properties: { jws: { type: 'string' }; payload: { type: 'string' } }; required: ['jws'] };
    answer: {
      anyOf: [
        {
          type: 'object';
          properties: { valid: { type: 'boolean'; enum: [true] }; payload: { type: 'string' }; material_key_id: { type: 'string' } };
          required: ['valid', 'material_key_id'];
        },
        { type: 'object'; properties: { valid: { type: 'boolean'; enum: [false] } }; required: ['valid'] },
      ];
    };
  };
  verifyBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: { reference: { type: 'string' }; jws: { type: 'string' }; payload: { type: 'string' } };
            required: ['jws'];
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              valid: { type: 'boolean' };
              payload: { type: 'string' };
              material_key_id: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  verifyRaw: {
    body: {
      type: 'object';
      properties: {
        payload: { type: 'string' };
        digest: { type: 'string' };
        signature: { type: 'string' };
        encoding: { type: 'string'; enum: ['der', 'p1363'] };
        material_key_id: { type: 'string' };
      };
      required: ['signature', 'material_key_id'];
    };
    answer: { type: 'object'; properties: { valid: { type: 'boolean' } }; required: ['valid'] };
  };
  verifyRawBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              payload: { type: 'string' };
              digest: { type: 'string' };
              signature: { type: 'string' };
              encoding: { type: 'string'; enum: ['der', 'p1363'] };
              material_key_id: { type: 'string' };
            };
            required: ['signature', 'material_key_id'];
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              valid: { type: 'boolean' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
  wrap: {
    body: { type: 'object'; properties: { key: { type: 'string' }; context: { type: 'string' } }; required: ['key'] };
    answer: {
      type: 'object';
      properties: { wrapped_key: { type: 'string' }; material_key_id: { type: 'string' } };
      required: ['wrapped_key', 'material_key_id'];
    };
  };
  wrapBatch: {
    body: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: { reference: { type: 'string' }; key: { type: 'string' }; context: { type: 'string' } };
            required: ['key'];
          };
        };
      };
      required: ['items'];
    };
    answer: {
      type: 'object';
      properties: {
        items: {
          type: 'array';
          items: {
            type: 'object';
            properties: {
              reference: { type: 'string' };
              status: { type: 'integer' };
              wrapped_key: { type: 'string' };
              material_key_id: { type: 'string' };
              problem: {
                type: 'object';
                properties: {
                  type: { type: 'string' };
                  title: { type: 'string' };
                  status: { type: 'integer' };
                  detail: { type: 'string' };
                  code: { type: 'string' };
                  fix: { type: 'string' };
                  errors: {
                    type: 'array';
                    items: {
                      type: 'object';
                      properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
                      required: ['field', 'message'];
                    };
                  };
                };
                required: ['type', 'title', 'status', 'detail', 'code'];
              };
            };
            required: ['status'];
          };
        };
      };
      required: ['items'];
    };
  };
}
