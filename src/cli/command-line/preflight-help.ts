export const COMPLETION_HELP = `
In bash add the first line to ~/.bashrc, in zsh the second to ~/.zshrc below compinit, in fish the third to
~/.config/fish/config.fish. Names of snapshots are asked of the project in which Tab is pressed.

Examples:
  source <(passthru completion bash)
  source <(passthru completion zsh)
  passthru completion fish | source`;

export const PLAN_HELP = `
The time of a step is the median of earlier runs of this user that found a stack in the same state on the same
engine; passthru/runs below $XDG_STATE_HOME remembers them. The critical path is the chain of steps, each
needing the one before, that takes longest.

Examples:
  passthru plan
  passthru plan kms --engine embedded
  passthru plan all --output json`;

export const DOCTOR_HELP = `
Looks at the engine and its images, the ports and who holds them, localhost, the state folder and its lock, the
disk, the certificates, the clock, the memory, Node, and variables that send programs elsewhere. It says of
each thing that is wrong how to mend it. Nothing is started or changed, and nobody on a network is asked.

Exit codes: 0 nothing stands in the way of a demo · 1 a demo would fail · 64 usage

Examples:
  passthru doctor
  passthru doctor --engine docker
  passthru doctor --output json`;
