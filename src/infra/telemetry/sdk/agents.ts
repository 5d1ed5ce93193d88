import { Agent, type AgentOptions } from 'node:https';

export interface Agents {
  /** An agent for one exporter. */
  open(options: AgentOptions): Agent;
  /** Ends the connections of all agents and refuses new ones. */
  abandon(): void;
}

/** Without a code of the network, so that nobody tries again. */
const reason = (): Error => new Error('the process ends');

/** Connections to the collector that can be given up all at once. */
export const createAgents = (): Agents => {
  const agents = new Set<Agent>();
  let abandoned = false;

  class AbandonableAgent extends Agent {
    override createConnection(...[options, created]: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
      if (!abandoned) return super.createConnection(options, created);
      created?.(reason(), undefined as never);
      return undefined;
    }
    override destroy(): void {
      agents.delete(this);
      super.destroy();
    }
  }

  return {
    open: (options) => {
      const agent = new AbandonableAgent(options);
      agents.add(agent);
      return agent;
    },
    abandon: () => {
      abandoned = true;
      for (const agent of agents) {
        for (const sockets of Object.values(agent.sockets)) for (const socket of sockets ?? []) socket.destroy(reason());
        agent.destroy();
      }
    },
  };
};
