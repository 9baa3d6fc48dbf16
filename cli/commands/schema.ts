import type { Command } from 'commander';
import { createPolicyJsonSchema } from '../../shared/model/policy-json-schema.ts';
import type { CommandContext } from '../command-context.ts';
import { defineCommand } from '../define-command.ts';

export function createSchemaCommand({ terminal, finish }: CommandContext): Command {
  const summary = 'Print the JSON Schema of headlock.yaml, for editors.';
  const examples = [
    'headlock schema > headlock.schema.json',
    "sed -i '1i # yaml-language-server: $schema=./headlock.schema.json' headlock.yaml",
  ];
  return defineCommand(terminal, { name: 'schema', summary, examples }).action(() => {
    terminal.print(JSON.stringify(createPolicyJsonSchema(), null, 2));
    finish(0);
  });
}
