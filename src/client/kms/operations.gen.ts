// Generated from the OpenAPI document of the KMS by `npm run generate`; a test fails where the two differ.

/** Of each operation: method, path below the service URL, status of its success, and whether it takes an Idempotency-Key. */
export const KMS_ROUTES = {
  changeApiKey: { method: 'PATCH', path: '/api-keys/{api_key_id}', status: 200, takesKey: true },
  changeElasticKey: { method: 'PATCH', path: '/elastic-keys/{id}', status: 200, takesKey: true },
  changeRealmUser: { method: 'PATCH', path: '/realm-users/{user}', status: 200, takesKey: true },
  changeTenant: { method: 'PATCH', path: '/tenants/{id}', status: 200, takesKey: true },
  createApiKey: { method: 'POST', path: '/api-keys', status: 201, takesKey: true },
  createElasticKey: { method: 'POST', path: '/elastic-keys', status: 201, takesKey: true },
  createGrant: { method: 'POST', path: '/elastic-keys/{id}/grants', status: 201, takesKey: true },
  createRealmUser: { method: 'POST', path: '/realm-users', status: 201, takesKey: true },
  createTenant: { method: 'POST', path: '/tenants', status: 201, takesKey: true },
  decrypt: { method: 'POST', path: '/elastic-keys/{id}/decrypt', status: 200 },
  decryptBatch: { method: 'POST', path: '/elastic-keys/{id}/decrypt/batch', status: 200 },
  deleteApiKey: { method: 'DELETE', path: '/api-keys/{api_key_id}', status: 204, takesKey: true },
  encrypt: { method: 'POST', path: '/elastic-keys/{id}/encrypt', status: 200 },
  encryptBatch: { method: 'POST', path: '/elastic-keys/{id}/encrypt/batch', status: 200 },
  exportKey: { method: 'POST', path: '/elastic-keys/{id}/export', status: 200 },
  generate: { method: 'POST', path: '/elastic-keys/{id}/generate', status: 200 },
  generateBatch: { method: 'POST', path: '/elastic-keys/{id}/generate/batch', status: 200 },
  getImportParameters: { method: 'GET', path: '/elastic-keys/{id}/import-parameters', status: 200, takesKey: true },
  importKey: { method: 'POST', path: '/elastic-keys/{id}/import', status: 201, takesKey: true },
  listAlgorithms: { method: 'GET', path: '/algorithms', status: 200 },
  listApiKeys: { method: 'GET', path: '/api-keys', status: 200 },
  listElasticKeys: { method: 'GET', path: '/elastic-keys', status: 200 },
  listGrants: { method: 'GET', path: '/elastic-keys/{id}/grants', status: 200 },
  listMaterialKeys: { method: 'GET', path: '/elastic-keys/{id}/material-keys', status: 200 },
  listRealmUsers: { method: 'GET', path: '/realm-users', status: 200 },
  listTenants: { method: 'GET', path: '/tenants', status: 200 },
  mac: { method: 'POST', path: '/elastic-keys/{id}/mac', status: 200 },
  macBatch: { method: 'POST', path: '/elastic-keys/{id}/mac/batch', status: 200 },
  macVerify: { method: 'POST', path: '/elastic-keys/{id}/mac-verify', status: 200 },
  macVerifyBatch: { method: 'POST', path: '/elastic-keys/{id}/mac-verify/batch', status: 200 },
  readApiKey: { method: 'GET', path: '/api-keys/{api_key_id}', status: 200 },
  readAudit: { method: 'GET', path: '/audit', status: 200 },
  readElasticKey: { method: 'GET', path: '/elastic-keys/{id}', status: 200 },
  readGrant: { method: 'GET', path: '/elastic-keys/{id}/grants/{grant}', status: 200 },
  readJwks: { method: 'GET', path: '/elastic-keys/{id}/jwks', status: 200 },
  readMaterialKey: { method: 'GET', path: '/elastic-keys/{id}/material-keys/{kid}', status: 200 },
  readRealmUser: { method: 'GET', path: '/realm-users/{user}', status: 200 },
  readTenant: { method: 'GET', path: '/tenants/{id}', status: 200 },
  removeRealmUser: { method: 'DELETE', path: '/realm-users/{user}', status: 200, takesKey: true },
  restoreElasticKey: { method: 'POST', path: '/elastic-keys/{id}/restore', status: 200, takesKey: true },
  restoreMaterialKey: { method: 'POST', path: '/elastic-keys/{id}/material-keys/{kid}/restore', status: 200, takesKey: true },
  restoreTenant: { method: 'POST', path: '/tenants/{id}/restore', status: 200, takesKey: true },
  revokeApiKey: { method: 'POST', path: '/api-keys/{api_key_id}/revoke', status: 200, takesKey: true },
  revokeGrant: { method: 'DELETE', path: '/elastic-keys/{id}/grants/{grant}', status: 200, takesKey: true },
  revokeMaterialKey: { method: 'POST', path: '/elastic-keys/{id}/material-keys/{kid}/revoke', status: 200, takesKey: true },
  rewrap: { method: 'POST', path: '/elastic-keys/{id}/rewrap', status: 200 },
  rewrapBatch: { method: 'POST', path: '/elastic-keys/{id}/rewrap/batch', status: 200 },
  rotateApiKey: { method: 'POST', path: '/api-keys/{api_key_id}/rotate', status: 200, takesKey: true },
  rotateElasticKey: { method: 'POST', path: '/elastic-keys/{id}/material-keys', status: 201, takesKey: true },
  scheduleElasticKeyDeletion: { method: 'DELETE', path: '/elastic-keys/{id}', status: 202, takesKey: true },
  scheduleMaterialKeyDeletion: { method: 'DELETE', path: '/elastic-keys/{id}/material-keys/{kid}', status: 202, takesKey: true },
  scheduleTenantRemoval: { method: 'DELETE', path: '/tenants/{id}', status: 202, takesKey: true },
  setRealmUserPassword: { method: 'PUT', path: '/realm-users/{user}/password', status: 200, takesKey: true },
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
  changeApiKey: { body: KmsSent['ChangeApiKeyRequest']; answer: KmsTold['ApiKey'] };
  changeElasticKey: { body: KmsSent['ChangeElasticKeyRequest']; answer: KmsTold['ElasticKey'] };
  changeRealmUser: {
    query: { type: 'object'; properties: { allow_no_administrator: { type: 'string'; enum: ['true', 'false'] } } };
    body: KmsSent['ChangeRealmUserRequest'];
    answer: KmsTold['RealmUser'];
  };
  changeTenant: { body: KmsSent['ChangeTenantRequest']; answer: KmsTold['Tenant'] };
  createApiKey: { body: KmsSent['CreateApiKeyRequest']; answer: KmsTold['ApiKeyWithSecret'] };
  createElasticKey: { body: KmsSent['CreateElasticKeyRequest']; answer: KmsTold['ElasticKey'] };
  createGrant: { body: KmsSent['CreateGrantRequest']; answer: KmsTold['Grant'] };
  createRealmUser: { body: KmsSent['CreateRealmUserRequest']; answer: KmsTold['RealmUser'] };
  createTenant: { body: KmsSent['CreateTenantRequest']; answer: KmsTold['Tenant'] };
  decrypt: { body: KmsSent['DecryptRequest']; answer: KmsTold['DecryptResponse'] };
  decryptBatch: { body: KmsSent['DecryptBatchRequest']; answer: KmsTold['DecryptBatchResponse'] };
  deleteApiKey: { answer: {} };
  encrypt: { body: KmsSent['EncryptRequest']; answer: KmsTold['EncryptResponse'] };
  encryptBatch: { body: KmsSent['EncryptBatchRequest']; answer: KmsTold['EncryptBatchResponse'] };
  exportKey: { body: KmsSent['ExportKeyRequest']; answer: KmsTold['ExportKeyResponse'] };
  generate: { body: KmsSent['GenerateRequest']; answer: KmsTold['GenerateResponse'] };
  generateBatch: { body: KmsSent['GenerateBatchRequest']; answer: KmsTold['GenerateBatchResponse'] };
  getImportParameters: {
    query: { type: 'object'; properties: { wrapping: { type: 'string'; enum: ['RSA_AES_KEY_WRAP_SHA_256', 'ECDH_ES_A256KW'] } } };
    answer: KmsTold['GetImportParametersResponse'];
  };
  importKey: { body: KmsSent['ImportKeyRequest']; answer: KmsTold['MaterialKey'] };
  listAlgorithms: { answer: KmsTold['AlgorithmList'] };
  listApiKeys: {
    query: {
      type: 'object';
      properties: {
        name: { type: 'string' };
        state: { type: 'string'; enum: ['active', 'disabled', 'revoked'] };
        label: { type: 'array'; items: { type: 'string' } };
        limit: { type: 'string' };
        cursor: { type: 'string' };
      };
    };
    answer: KmsTold['ApiKeyPage'];
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
    answer: KmsTold['ElasticKeyPage'];
  };
  listGrants: {
    query: { type: 'object'; properties: { limit: { type: 'string' }; cursor: { type: 'string' } } };
    answer: KmsTold['GrantPage'];
  };
  listMaterialKeys: {
    query: { type: 'object'; properties: { limit: { type: 'string' }; cursor: { type: 'string' } } };
    answer: KmsTold['MaterialKeyPage'];
  };
  listRealmUsers: {
    query: {
      type: 'object';
      properties: {
        username: { type: 'string' };
        enabled: { type: 'string'; enum: ['true', 'false'] };
        limit: { type: 'string' };
        cursor: { type: 'string' };
      };
    };
    answer: KmsTold['RealmUserPage'];
  };
  listTenants: {
    query: {
      type: 'object';
      properties: {
        name: { type: 'string' };
        state: { type: 'string'; enum: ['active', 'suspended', 'pending-removal', 'removed'] };
        label: { type: 'array'; items: { type: 'string' } };
        sort: { type: 'string'; enum: ['name', '-name', 'created_at', '-created_at'] };
        limit: { type: 'string' };
        cursor: { type: 'string' };
      };
    };
    answer: KmsTold['TenantPage'];
  };
  mac: { body: KmsSent['MacRequest']; answer: KmsTold['MacResponse'] };
  macBatch: { body: KmsSent['MacBatchRequest']; answer: KmsTold['MacBatchResponse'] };
  macVerify: { body: KmsSent['MacVerifyRequest']; answer: KmsTold['MacVerifyResponse'] };
  macVerifyBatch: { body: KmsSent['MacVerifyBatchRequest']; answer: KmsTold['MacVerifyBatchResponse'] };
  readApiKey: { answer: KmsTold['ApiKey'] };
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
    answer: KmsTold['AuditPage'];
  };
  readElasticKey: { answer: KmsTold['ElasticKey'] };
  readGrant: { answer: KmsTold['Grant'] };
  readJwks: { answer: KmsTold['JwkSet'] };
  readMaterialKey: { answer: KmsTold['MaterialKey'] };
  readRealmUser: { answer: KmsTold['RealmUser'] };
  readTenant: { answer: KmsTold['Tenant'] };
  removeRealmUser: {
    query: { type: 'object'; properties: { allow_no_administrator: { type: 'string'; enum: ['true', 'false'] } } };
    answer: KmsTold['RealmUser'];
  };
  restoreElasticKey: { answer: KmsTold['ElasticKey'] };
  restoreMaterialKey: { answer: KmsTold['MaterialKey'] };
  restoreTenant: { answer: KmsTold['Tenant'] };
  revokeApiKey: { answer: KmsTold['ApiKey'] };
  revokeGrant: { answer: KmsTold['Grant'] };
  revokeMaterialKey: { body: KmsSent['RevokeMaterialKeyRequest']; answer: KmsTold['MaterialKey'] };
  rewrap: { body: KmsSent['RewrapRequest']; answer: KmsTold['RewrapResponse'] };
  rewrapBatch: { body: KmsSent['RewrapBatchRequest']; answer: KmsTold['RewrapBatchResponse'] };
  rotateApiKey: { body: KmsSent['RotateApiKeyRequest']; answer: KmsTold['ApiKeyWithSecret'] };
  rotateElasticKey: { answer: KmsTold['MaterialKey'] };
  scheduleElasticKeyDeletion: { query: { type: 'object'; properties: { wait_days: { type: 'string' } } }; answer: KmsTold['ElasticKey'] };
  scheduleMaterialKeyDeletion: { query: { type: 'object'; properties: { wait_days: { type: 'string' } } }; answer: KmsTold['MaterialKey'] };
  scheduleTenantRemoval: { query: { type: 'object'; properties: { wait_days: { type: 'string' } } }; answer: KmsTold['Tenant'] };
  setRealmUserPassword: { body: KmsSent['SetRealmUserPasswordRequest']; answer: KmsTold['RealmUser'] };
  sign: { body: KmsSent['SignRequest']; answer: KmsTold['SignResponse'] };
  signBatch: { body: KmsSent['SignBatchRequest']; answer: KmsTold['SignBatchResponse'] };
  signRaw: { body: KmsSent['SignRawRequest']; answer: KmsTold['SignRawResponse'] };
  signRawBatch: { body: KmsSent['SignRawBatchRequest']; answer: KmsTold['SignRawBatchResponse'] };
  unwrap: { body: KmsSent['UnwrapRequest']; answer: KmsTold['UnwrapResponse'] };
  unwrapBatch: { body: KmsSent['UnwrapBatchRequest']; answer: KmsTold['UnwrapBatchResponse'] };
  verify: { body: KmsSent['VerifyRequest']; answer: KmsTold['VerifyResponse'] };
  verifyBatch: { body: KmsSent['VerifyBatchRequest']; answer: KmsTold['VerifyBatchResponse'] };
  verifyRaw: { body: KmsSent['VerifyRawRequest']; answer: KmsTold['VerifyRawResponse'] };
  verifyRawBatch: { body: KmsSent['VerifyRawBatchRequest']; answer: KmsTold['VerifyRawBatchResponse'] };
  wrap: { body: KmsSent['WrapRequest']; answer: KmsTold['WrapResponse'] };
  wrapBatch: { body: KmsSent['WrapBatchRequest']; answer: KmsTold['WrapBatchResponse'] };
}

/** The schemas with a name, as they are in requests: a member with a default may be left out. */
export interface KmsSent {
  ChangeApiKeyRequest: {
    type: 'object';
    properties: {
      name: { type: 'string' };
      labels: { anyOf: [{ type: 'object'; additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, { type: 'null' }] };
      scopes: { type: 'array'; items: { type: 'string' } };
      state: { type: 'string'; enum: ['active', 'disabled'] };
      expires_at: { type: 'string' };
    };
  };
  ChangeElasticKeyRequest: {
    type: 'object';
    properties: {
      name: { type: 'string' };
      description: { type: 'string' };
      labels: { anyOf: [{ type: 'object'; additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, { type: 'null' }] };
      state: { type: 'string'; enum: ['active', 'suspended'] };
      operations: { type: 'array'; items: KmsSent['Operation'] };
      min_decryption_version: { type: 'integer' };
      max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
      rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
      rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
    };
  };
  ChangeRealmUserRequest: {
    type: 'object';
    properties: {
      roles: { type: 'array'; items: { type: 'string' } };
      enabled: { type: 'boolean' };
      email: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      display_name: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      metadata: KmsSent['RealmUserMetadata'];
    };
  };
  ChangeTenantRequest: {
    type: 'object';
    properties: {
      description: { type: 'string' };
      labels: { anyOf: [{ type: 'object'; additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, { type: 'null' }] };
      state: { type: 'string'; enum: ['active', 'suspended'] };
    };
  };
  CreateApiKeyRequest: {
    type: 'object';
    properties: {
      name: { type: 'string' };
      labels: { type: 'object'; additionalProperties: { type: 'string' } };
      scopes: { type: 'array'; items: { type: 'string' } };
      expires_at: { type: 'string' };
    };
    required: ['name', 'scopes'];
  };
  CreateElasticKeyRequest: {
    type: 'object';
    properties: {
      name: { type: 'string' };
      description: { type: 'string' };
      labels: { type: 'object'; additionalProperties: { type: 'string' } };
      algorithm: { type: 'string' };
      key_size: { type: 'integer' };
      curve: { type: 'string' };
      use: KmsSent['KeyUse'];
      operations: { type: 'array'; items: KmsSent['Operation'] };
      origin: KmsSent['KeyOrigin'];
      exportable: { type: 'boolean' };
      max_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
      rotation_after_protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
      rotation_period: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      expires_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
    };
    required: ['name', 'algorithm'];
  };
  CreateGrantRequest: {
    type: 'object';
    properties: {
      grantee: KmsSent['Grantee'];
      operations: { type: 'array'; items: KmsSent['GrantedOperation'] };
      context: { anyOf: [KmsSent['GrantContext'], { type: 'null' }] };
      expires_at: { type: 'string' };
    };
    required: ['grantee', 'operations', 'expires_at'];
  };
  CreateRealmUserRequest: {
    type: 'object';
    properties: {
      username: { type: 'string' };
      password: { type: 'string' };
      password_hash: { type: 'string' };
      roles: { type: 'array'; items: { type: 'string' } };
      enabled: { type: 'boolean' };
      email: { type: 'string' };
      display_name: { type: 'string' };
      metadata: KmsSent['RealmUserMetadata'];
    };
    required: ['username', 'roles'];
  };
  CreateTenantRequest: {
    type: 'object';
    properties: {
      name: { type: 'string' };
      description: { type: 'string' };
      labels: { type: 'object'; additionalProperties: { type: 'string' } };
    };
    required: ['name'];
  };
  DecryptBatchItem: {
    type: 'object';
    properties: { reference: { type: 'string' }; ciphertext: KmsSent['JWE']; context: { type: 'string' } };
    required: ['ciphertext'];
  };
  DecryptBatchRequest: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsSent['DecryptBatchItem'] } };
    required: ['items'];
  };
  DecryptRequest: { type: 'object'; properties: { ciphertext: KmsSent['JWE']; context: { type: 'string' } }; required: ['ciphertext'] };
  EncryptBatchItem: {
    type: 'object';
    properties: { reference: { type: 'string' }; plaintext: { type: 'string' }; context: { type: 'string' } };
    required: ['plaintext'];
  };
  EncryptBatchRequest: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsSent['EncryptBatchItem'] } };
    required: ['items'];
  };
  EncryptRequest: { type: 'object'; properties: { plaintext: { type: 'string' }; context: { type: 'string' } }; required: ['plaintext'] };
  ExportKeyRequest: {
    type: 'object';
    properties: {
      recipient_jwk: KmsSent['RecipientJwk'];
      material_key_id: { type: 'string' };
      format: { type: 'string'; enum: ['pkcs8', 'raw', 'jwk'] };
    };
    required: ['recipient_jwk'];
  };
  GenerateBatchItem: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      bits: { type: 'integer'; enum: [128, 192, 256, 512] };
      return_plaintext: { type: 'boolean' };
      context: { type: 'string' };
    };
  };
  GenerateBatchRequest: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsSent['GenerateBatchItem'] } };
    required: ['items'];
  };
  GenerateRequest: {
    type: 'object';
    properties: {
      bits: { type: 'integer'; enum: [128, 192, 256, 512] };
      return_plaintext: { type: 'boolean' };
      context: { type: 'string' };
    };
  };
  GrantContext: { type: 'object'; properties: { equals: { type: 'string' }; contains: { type: 'string' } } };
  GrantedOperation: {
    type: 'string';
    enum: ['encrypt', 'decrypt', 'sign', 'verify', 'mac', 'mac-verify', 'wrap', 'unwrap', 'rewrap', 'generate', 'read'];
  };
  Grantee: {
    type: 'object';
    properties: { kind: KmsSent['PrincipalKind']; issuer: { type: 'string' }; subject: { type: 'string' } };
    required: ['kind', 'subject'];
  };
  ImportKeyRequest: {
    type: 'object';
    properties: {
      transport_key_id: { type: 'string' };
      wrapped_key: { type: 'string' };
      format: { type: 'string'; enum: ['pkcs8', 'raw', 'jwk'] };
      material_key_id: { type: 'string' };
      kid: { type: 'string' };
    };
    required: ['transport_key_id', 'wrapped_key'];
  };
  JWE: { type: 'string' };
  JWS: { type: 'string' };
  KeyOrigin: { type: 'string'; enum: ['kms', 'external'] };
  KeyUse: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
  MacBatchItem: { type: 'object'; properties: { reference: { type: 'string' }; payload: { type: 'string' } }; required: ['payload'] };
  MacBatchRequest: { type: 'object'; properties: { items: { type: 'array'; items: KmsSent['MacBatchItem'] } }; required: ['items'] };
  MacRequest: { type: 'object'; properties: { payload: { type: 'string' } }; required: ['payload'] };
  MacVerifyBatchItem: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      payload: { type: 'string' };
      mac: { type: 'string' };
      material_key_id: { type: 'string' };
    };
    required: ['payload', 'mac', 'material_key_id'];
  };
  MacVerifyBatchRequest: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsSent['MacVerifyBatchItem'] } };
    required: ['items'];
  };
  MacVerifyRequest: {
    type: 'object';
    properties: { payload: { type: 'string' }; mac: { type: 'string' }; material_key_id: { type: 'string' } };
    required: ['payload', 'mac', 'material_key_id'];
  };
  Operation: {
    type: 'string';
    enum: ['encrypt', 'decrypt', 'sign', 'verify', 'sign-raw', 'verify-raw', 'mac', 'mac-verify', 'wrap', 'unwrap', 'rewrap', 'generate'];
  };
  PrincipalKind: { type: 'string'; enum: ['token', 'realm-user', 'certificate', 'api-key'] };
  RealmUserMetadata: { type: 'object'; additionalProperties: true; properties: {} };
  RecipientJwk: {
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
  RevocationReason: {
    type: 'string';
    enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'];
  };
  RevokeMaterialKeyRequest: {
    type: 'object';
    properties: { reason: KmsSent['RevocationReason']; comment: { type: 'string' }; allow_processing: { type: 'boolean' } };
    required: ['reason'];
  };
  RewrapBatchItem: {
    type: 'object';
    properties: { reference: { type: 'string' }; ciphertext: KmsSent['JWE']; context: { type: 'string' } };
    required: ['ciphertext'];
  };
  RewrapBatchRequest: { type: 'object'; properties: { items: { type: 'array'; items: KmsSent['RewrapBatchItem'] } }; required: ['items'] };
  RewrapRequest: { type: 'object'; properties: { ciphertext: KmsSent['JWE']; context: { type: 'string' } }; required: ['ciphertext'] };
  RotateApiKeyRequest: { type: 'object'; properties: { overlap: { type: 'string' }; expires_at: { type: 'string' } } };
  SetRealmUserPasswordRequest: { type: 'object'; properties: { password: { type: 'string' }; password_hash: { type: 'string' } } };
  SignatureEncoding: { type: 'string'; enum: ['der', 'p1363'] };
  SignBatchItem: {
    type: 'object';
    properties: { reference: { type: 'string' }; payload: { type: 'string' }; detached: { type: 'boolean' }; b64: { type: 'boolean' } };
    required: ['payload'];
  };
  SignBatchRequest: { type: 'object'; properties: { items: { type: 'array'; items: KmsSent['SignBatchItem'] } }; required: ['items'] };
  SignRawBatchItem: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      payload: { type: 'string' };
      digest: { type: 'string' };
      encoding: KmsSent['SignatureEncoding'];
    };
  };
  SignRawBatchRequest: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsSent['SignRawBatchItem'] } };
    required: ['items'];
  };
  SignRawRequest: {
    type: 'object';
    properties: { payload: { type: 'string' }; digest: { type: 'string' }; encoding: KmsSent['SignatureEncoding'] };
  };
  SignRequest: {
    type: 'object';
    properties: { payload: { type: 'string' }; detached: { type: 'boolean' }; b64: { type: 'boolean' } };
    required: ['payload'];
  };
  UnwrapBatchItem: {
    type: 'object';
    properties: { reference: { type: 'string' }; wrapped_key: KmsSent['JWE']; context: { type: 'string' } };
    required: ['wrapped_key'];
  };
  UnwrapBatchRequest: { type: 'object'; properties: { items: { type: 'array'; items: KmsSent['UnwrapBatchItem'] } }; required: ['items'] };
  UnwrapRequest: { type: 'object'; properties: { wrapped_key: KmsSent['JWE']; context: { type: 'string' } }; required: ['wrapped_key'] };
  VerifyBatchItem: {
    type: 'object';
    properties: { reference: { type: 'string' }; jws: KmsSent['JWS']; payload: { type: 'string' } };
    required: ['jws'];
  };
  VerifyBatchRequest: { type: 'object'; properties: { items: { type: 'array'; items: KmsSent['VerifyBatchItem'] } }; required: ['items'] };
  VerifyRawBatchItem: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      payload: { type: 'string' };
      digest: { type: 'string' };
      signature: { type: 'string' };
      encoding: KmsSent['SignatureEncoding'];
      material_key_id: { type: 'string' };
    };
    required: ['signature', 'material_key_id'];
  };
  VerifyRawBatchRequest: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsSent['VerifyRawBatchItem'] } };
    required: ['items'];
  };
  VerifyRawRequest: {
    type: 'object';
    properties: {
      payload: { type: 'string' };
      digest: { type: 'string' };
      signature: { type: 'string' };
      encoding: KmsSent['SignatureEncoding'];
      material_key_id: { type: 'string' };
    };
    required: ['signature', 'material_key_id'];
  };
  VerifyRequest: { type: 'object'; properties: { jws: KmsSent['JWS']; payload: { type: 'string' } }; required: ['jws'] };
  WrapBatchItem: {
    type: 'object';
    properties: { reference: { type: 'string' }; key: { type: 'string' }; context: { type: 'string' } };
    required: ['key'];
  };
  WrapBatchRequest: { type: 'object'; properties: { items: { type: 'array'; items: KmsSent['WrapBatchItem'] } }; required: ['items'] };
  WrapRequest: { type: 'object'; properties: { key: { type: 'string' }; context: { type: 'string' } }; required: ['key'] };
}

/** The schemas with a name, as they are in answers. */
export interface KmsTold {
  Algorithm: {
    type: 'object';
    properties: {
      algorithm: { type: 'string' };
      use: KmsTold['KeyUse'];
      operations: { type: 'array'; items: KmsTold['Operation'] };
      alg: { type: 'string' };
      enc: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      key_sizes: { type: 'array'; items: { type: 'integer' } };
      curves: { type: 'array'; items: { type: 'string' } };
      hash: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      signature_encodings: { type: 'array'; items: KmsTold['SignatureEncoding'] };
      signs_digests: { type: 'boolean' };
      protection_limit: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
      summary: { type: 'string' };
      libraries: { type: 'array'; items: KmsTold['LibraryOfAlgorithm'] };
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
  AlgorithmList: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['Algorithm'] }; libraries: { type: 'array'; items: KmsTold['JoseLibrary'] } };
    required: ['items', 'libraries'];
  };
  ApiKey: {
    type: 'object';
    properties: {
      id: { type: 'string' };
      name: { type: 'string' };
      labels: { type: 'object'; additionalProperties: { type: 'string' } };
      scopes: { type: 'array'; items: { type: 'string' } };
      state: KmsTold['ApiKeyState'];
      created_by: { type: 'string' };
      created_at: { type: 'string' };
      updated_at: { type: 'string' };
      expires_at: { type: 'string' };
      rotated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      revoked_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      previous_secret_until: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      last_used_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
    };
    required: [
      'id',
      'name',
      'labels',
      'scopes',
      'state',
      'created_by',
      'created_at',
      'updated_at',
      'expires_at',
      'rotated_at',
      'revoked_at',
      'previous_secret_until',
      'last_used_at',
    ];
  };
  ApiKeyPage: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['ApiKey'] }; next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] } };
    required: ['items', 'next_cursor'];
  };
  ApiKeyState: { type: 'string'; enum: ['active', 'disabled', 'revoked'] };
  ApiKeyWithSecret: {
    type: 'object';
    properties: {
      id: { type: 'string' };
      name: { type: 'string' };
      labels: { type: 'object'; additionalProperties: { type: 'string' } };
      scopes: { type: 'array'; items: { type: 'string' } };
      state: KmsTold['ApiKeyState'];
      created_by: { type: 'string' };
      created_at: { type: 'string' };
      updated_at: { type: 'string' };
      expires_at: { type: 'string' };
      rotated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      revoked_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      previous_secret_until: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      key: { type: 'string' };
    };
    required: [
      'id',
      'name',
      'labels',
      'scopes',
      'state',
      'created_by',
      'created_at',
      'updated_at',
      'expires_at',
      'rotated_at',
      'revoked_at',
      'previous_secret_until',
      'key',
    ];
  };
  AuditEntry: {
    type: 'object';
    properties: {
      time: { type: 'string' };
      operation: { type: 'string' };
      outcome: { type: 'string'; enum: ['begun', 'done', 'refused', 'failed', 'unknown'] };
      code: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      elastic_key_id: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      material_key_id: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      object: { anyOf: [{ type: 'string' }, { type: 'null' }] };
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
      'object',
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
  AuditPage: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['AuditEntry'] }; next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] } };
    required: ['items', 'next_cursor'];
  };
  DecryptBatchOutcome: {
    type: 'object';
    properties: { reference: { type: 'string' }; status: { type: 'integer' }; plaintext: { type: 'string' }; problem: KmsTold['Problem'] };
    required: ['status'];
  };
  DecryptBatchResponse: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['DecryptBatchOutcome'] } };
    required: ['items'];
  };
  DecryptResponse: { type: 'object'; properties: { plaintext: { type: 'string' } }; required: ['plaintext'] };
  ElasticKey: {
    type: 'object';
    properties: {
      id: { type: 'string' };
      name: { type: 'string' };
      description: { type: 'string' };
      labels: { type: 'object'; additionalProperties: { type: 'string' } };
      algorithm: { type: 'string' };
      key_size: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
      curve: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      use: KmsTold['KeyUse'];
      operations: { type: 'array'; items: KmsTold['Operation'] };
      state: KmsTold['ElasticKeyState'];
      origin: KmsTold['KeyOrigin'];
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
  ElasticKeyPage: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['ElasticKey'] }; next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] } };
    required: ['items', 'next_cursor'];
  };
  ElasticKeyState: { type: 'string'; enum: ['pending-import', 'active', 'suspended', 'pending-deletion', 'destroyed'] };
  EncryptBatchOutcome: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      status: { type: 'integer' };
      ciphertext: { type: 'string' };
      material_key_id: { type: 'string' };
      problem: KmsTold['Problem'];
    };
    required: ['status'];
  };
  EncryptBatchResponse: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['EncryptBatchOutcome'] } };
    required: ['items'];
  };
  EncryptResponse: {
    type: 'object';
    properties: { ciphertext: { type: 'string' }; material_key_id: { type: 'string' } };
    required: ['ciphertext', 'material_key_id'];
  };
  ExportKeyResponse: {
    type: 'object';
    properties: {
      material_key_id: { type: 'string' };
      version: { type: 'integer' };
      format: { type: 'string'; enum: ['pkcs8', 'raw', 'jwk'] };
      wrapping: KmsTold['KeyWrapping'];
      wrapped_key: { type: 'string' };
    };
    required: ['material_key_id', 'version', 'format', 'wrapping', 'wrapped_key'];
  };
  FieldIssue: {
    type: 'object';
    properties: { field: { type: 'string' }; message: { type: 'string' }; fix: { type: 'string' } };
    required: ['field', 'message'];
  };
  GenerateBatchOutcome: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      status: { type: 'integer' };
      plaintext: { type: 'string' };
      ciphertext: { type: 'string' };
      material_key_id: { type: 'string' };
      problem: KmsTold['Problem'];
    };
    required: ['status'];
  };
  GenerateBatchResponse: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['GenerateBatchOutcome'] } };
    required: ['items'];
  };
  GenerateResponse: {
    type: 'object';
    properties: { plaintext: { type: 'string' }; ciphertext: { type: 'string' }; material_key_id: { type: 'string' } };
    required: ['ciphertext', 'material_key_id'];
  };
  GetImportParametersResponse: {
    type: 'object';
    properties: {
      transport_key_id: { type: 'string' };
      wrapping: KmsTold['KeyWrapping'];
      public_jwk: KmsTold['PublicJwk'];
      public_key_pem: { type: 'string' };
      expires_at: { type: 'string' };
    };
    required: ['transport_key_id', 'wrapping', 'public_jwk', 'public_key_pem', 'expires_at'];
  };
  Grant: {
    type: 'object';
    properties: {
      id: { type: 'string' };
      elastic_key_id: { type: 'string' };
      grantee: KmsTold['Principal'];
      operations: { type: 'array'; items: KmsTold['GrantedOperation'] };
      context: { anyOf: [KmsTold['GrantContext'], { type: 'null' }] };
      created_at: { type: 'string' };
      expires_at: { type: 'string' };
      granted_by: KmsTold['Granter'];
    };
    required: ['id', 'elastic_key_id', 'grantee', 'operations', 'context', 'created_at', 'expires_at', 'granted_by'];
  };
  GrantContext: { type: 'object'; properties: { equals: { type: 'string' }; contains: { type: 'string' } } };
  GrantedOperation: {
    type: 'string';
    enum: ['encrypt', 'decrypt', 'sign', 'verify', 'mac', 'mac-verify', 'wrap', 'unwrap', 'rewrap', 'generate', 'read'];
  };
  Granter: {
    type: 'object';
    properties: { kind: KmsTold['GranterKind']; issuer: { anyOf: [{ type: 'string' }, { type: 'null' }] }; subject: { type: 'string' } };
    required: ['kind', 'issuer', 'subject'];
  };
  GranterKind: { type: 'string'; enum: ['token', 'realm-user', 'certificate', 'api-key', 'service'] };
  GrantPage: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['Grant'] }; next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] } };
    required: ['items', 'next_cursor'];
  };
  InvalidJws: { type: 'object'; properties: { valid: { type: 'boolean'; enum: [false] } }; required: ['valid'] };
  JoseLibrary: {
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
  JwkSet: { type: 'object'; properties: { keys: { type: 'array'; items: KmsTold['PublicJwk'] } }; required: ['keys'] };
  KeyOrigin: { type: 'string'; enum: ['kms', 'external'] };
  KeyUse: { type: 'string'; enum: ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] };
  KeyWrapping: { type: 'string'; enum: ['RSA_AES_KEY_WRAP_SHA_256', 'ECDH_ES_A256KW'] };
  LibraryOfAlgorithm: {
    type: 'object';
    properties: { name: { type: 'string' }; curves: { type: 'array'; items: { type: 'string' } } };
    required: ['name', 'curves'];
  };
  MacBatchOutcome: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      status: { type: 'integer' };
      mac: { type: 'string' };
      material_key_id: { type: 'string' };
      problem: KmsTold['Problem'];
    };
    required: ['status'];
  };
  MacBatchResponse: { type: 'object'; properties: { items: { type: 'array'; items: KmsTold['MacBatchOutcome'] } }; required: ['items'] };
  MacResponse: {
    type: 'object';
    properties: { mac: { type: 'string' }; material_key_id: { type: 'string' } };
    required: ['mac', 'material_key_id'];
  };
  MacVerifyBatchOutcome: {
    type: 'object';
    properties: { reference: { type: 'string' }; status: { type: 'integer' }; valid: { type: 'boolean' }; problem: KmsTold['Problem'] };
    required: ['status'];
  };
  MacVerifyBatchResponse: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['MacVerifyBatchOutcome'] } };
    required: ['items'];
  };
  MacVerifyResponse: { type: 'object'; properties: { valid: { type: 'boolean' } }; required: ['valid'] };
  MaterialKey: {
    type: 'object';
    properties: {
      id: { type: 'string' };
      elastic_key_id: { type: 'string' };
      imported_kid: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      version: { type: 'integer' };
      state: KmsTold['MaterialKeyState'];
      public_jwk: { anyOf: [KmsTold['PublicJwk'], { type: 'null' }] };
      protections: { anyOf: [{ type: 'integer' }, { type: 'null' }] };
      created_at: { type: 'string' };
      deactivated_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      revocation: { anyOf: [KmsTold['Revocation'], { type: 'null' }] };
      deletion_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      destroyed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
    };
    required: [
      'id',
      'elastic_key_id',
      'imported_kid',
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
  MaterialKeyPage: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['MaterialKey'] }; next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] } };
    required: ['items', 'next_cursor'];
  };
  MaterialKeyState: { type: 'string'; enum: ['active', 'deactivated', 'compromised', 'pending-deletion', 'destroyed'] };
  Operation: {
    type: 'string';
    enum: ['encrypt', 'decrypt', 'sign', 'verify', 'sign-raw', 'verify-raw', 'mac', 'mac-verify', 'wrap', 'unwrap', 'rewrap', 'generate'];
  };
  Principal: {
    type: 'object';
    properties: { kind: KmsTold['PrincipalKind']; issuer: { anyOf: [{ type: 'string' }, { type: 'null' }] }; subject: { type: 'string' } };
    required: ['kind', 'issuer', 'subject'];
  };
  PrincipalKind: { type: 'string'; enum: ['token', 'realm-user', 'certificate', 'api-key'] };
  Problem: {
    type: 'object';
    properties: {
      type: { type: 'string' };
      title: { type: 'string' };
      status: { type: 'integer' };
      detail: { type: 'string' };
      code: { type: 'string' };
      fix: { type: 'string' };
      errors: { type: 'array'; items: KmsTold['FieldIssue'] };
    };
    required: ['type', 'title', 'status', 'detail', 'code'];
  };
  PublicJwk: {
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
  RealmUser: {
    type: 'object';
    properties: {
      id: { type: 'string' };
      username: { type: 'string' };
      roles: { type: 'array'; items: { type: 'string' } };
      enabled: { type: 'boolean' };
      email: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      display_name: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      metadata: KmsTold['RealmUserMetadata'];
      created_at: { type: 'string' };
      updated_at: { type: 'string' };
      password_changed_at: { type: 'string' };
    };
    required: [
      'id',
      'username',
      'roles',
      'enabled',
      'email',
      'display_name',
      'metadata',
      'created_at',
      'updated_at',
      'password_changed_at',
    ];
  };
  RealmUserMetadata: { type: 'object'; additionalProperties: true; properties: {} };
  RealmUserPage: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['RealmUser'] }; next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] } };
    required: ['items', 'next_cursor'];
  };
  Revocation: {
    type: 'object';
    properties: {
      revoked_at: { type: 'string' };
      reason: KmsTold['RevocationReason'];
      comment: { type: 'string' };
      allow_processing: { type: 'boolean' };
    };
    required: ['revoked_at', 'reason', 'comment', 'allow_processing'];
  };
  RevocationReason: {
    type: 'string';
    enum: ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'];
  };
  RewrapBatchOutcome: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      status: { type: 'integer' };
      ciphertext: { type: 'string' };
      material_key_id: { type: 'string' };
      problem: KmsTold['Problem'];
    };
    required: ['status'];
  };
  RewrapBatchResponse: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['RewrapBatchOutcome'] } };
    required: ['items'];
  };
  RewrapResponse: {
    type: 'object';
    properties: { ciphertext: { type: 'string' }; material_key_id: { type: 'string' } };
    required: ['ciphertext', 'material_key_id'];
  };
  SignatureEncoding: { type: 'string'; enum: ['der', 'p1363'] };
  SignBatchOutcome: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      status: { type: 'integer' };
      jws: { type: 'string' };
      material_key_id: { type: 'string' };
      problem: KmsTold['Problem'];
    };
    required: ['status'];
  };
  SignBatchResponse: { type: 'object'; properties: { items: { type: 'array'; items: KmsTold['SignBatchOutcome'] } }; required: ['items'] };
  SignRawBatchOutcome: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      status: { type: 'integer' };
      signature: { type: 'string' };
      encoding: KmsTold['SignatureEncoding'];
      material_key_id: { type: 'string' };
      problem: KmsTold['Problem'];
    };
    required: ['status'];
  };
  SignRawBatchResponse: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['SignRawBatchOutcome'] } };
    required: ['items'];
  };
  SignRawResponse: {
    type: 'object';
    properties: { signature: { type: 'string' }; encoding: KmsTold['SignatureEncoding']; material_key_id: { type: 'string' } };
    required: ['signature', 'material_key_id'];
  };
  SignResponse: {
    type: 'object';
    properties: { jws: { type: 'string' }; material_key_id: { type: 'string' } };
    required: ['jws', 'material_key_id'];
  };
  Tenant: {
    type: 'object';
    properties: {
      id: { type: 'string' };
      name: { type: 'string' };
      description: { type: 'string' };
      labels: { type: 'object'; additionalProperties: { type: 'string' } };
      state: KmsTold['TenantState'];
      demo: { type: 'boolean' };
      created_at: { type: 'string' };
      suspended_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      removal_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
      removed_at: { anyOf: [{ type: 'string' }, { type: 'null' }] };
    };
    required: ['id', 'name', 'description', 'labels', 'state', 'demo', 'created_at', 'suspended_at', 'removal_at', 'removed_at'];
  };
  TenantPage: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['Tenant'] }; next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] } };
    required: ['items', 'next_cursor'];
  };
  TenantState: { type: 'string'; enum: ['active', 'suspended', 'pending-removal', 'removed'] };
  UnwrapBatchOutcome: {
    type: 'object';
    properties: { reference: { type: 'string' }; status: { type: 'integer' }; key: { type: 'string' }; problem: KmsTold['Problem'] };
    required: ['status'];
  };
  UnwrapBatchResponse: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['UnwrapBatchOutcome'] } };
    required: ['items'];
  };
  UnwrapResponse: { type: 'object'; properties: { key: { type: 'string' } }; required: ['key'] };
  ValidJws: {
    type: 'object';
    properties: { valid: { type: 'boolean'; enum: [true] }; payload: { type: 'string' }; material_key_id: { type: 'string' } };
    required: ['valid', 'material_key_id'];
  };
  VerifyBatchOutcome: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      status: { type: 'integer' };
      valid: { type: 'boolean' };
      payload: { type: 'string' };
      material_key_id: { type: 'string' };
      problem: KmsTold['Problem'];
    };
    required: ['status'];
  };
  VerifyBatchResponse: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['VerifyBatchOutcome'] } };
    required: ['items'];
  };
  VerifyRawBatchOutcome: {
    type: 'object';
    properties: { reference: { type: 'string' }; status: { type: 'integer' }; valid: { type: 'boolean' }; problem: KmsTold['Problem'] };
    required: ['status'];
  };
  VerifyRawBatchResponse: {
    type: 'object';
    properties: { items: { type: 'array'; items: KmsTold['VerifyRawBatchOutcome'] } };
    required: ['items'];
  };
  VerifyRawResponse: { type: 'object'; properties: { valid: { type: 'boolean' } }; required: ['valid'] };
  VerifyResponse: { anyOf: [KmsTold['ValidJws'], KmsTold['InvalidJws']] };
  WrapBatchOutcome: {
    type: 'object';
    properties: {
      reference: { type: 'string' };
      status: { type: 'integer' };
      wrapped_key: { type: 'string' };
      material_key_id: { type: 'string' };
      problem: KmsTold['Problem'];
    };
    required: ['status'];
  };
  WrapBatchResponse: { type: 'object'; properties: { items: { type: 'array'; items: KmsTold['WrapBatchOutcome'] } }; required: ['items'] };
  WrapResponse: {
    type: 'object';
    properties: { wrapped_key: { type: 'string' }; material_key_id: { type: 'string' } };
    required: ['wrapped_key', 'material_key_id'];
  };
}
