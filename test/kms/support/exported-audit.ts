import type { RunningKms } from './kms-server.ts';

/** Every line of the audit that a running KMS exports, its head first. */
export const exportedAudit = async (kms: Pick<RunningKms, 'sendAdmin'>): Promise<readonly string[]> => {
  const { line, chains } = (await kms.sendAdmin('/admin/v1/audit/export')).json<{
    line: string;
    chains: { chain: string; parts: number }[];
  }>();
  const pages = [];
  for (const { chain, parts } of chains) {
    for (let from: number | null = 0; from !== null;) {
      const response = await kms.sendAdmin(`/admin/v1/audit/chains/${chain}?from=${from}&to=${parts}`);
      const page: { lines: string[]; next: number | null } = response.json();
      pages.push(...page.lines);
      from = page.next;
    }
  }
  return [line, ...pages];
};
