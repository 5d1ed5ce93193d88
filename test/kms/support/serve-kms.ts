import { serveKms } from '#kms/main.ts';

// Run as a program: `node serve-kms.ts <config file>`, a KMS with demo data until it is stopped or killed.
const [, , file] = process.argv;
if (file === undefined) throw new Error('give the configuration file');
await serveKms({ configFiles: [file], demo: true, resetDemo: false });
