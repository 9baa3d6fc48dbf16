import { Command, Option } from 'commander';
import { parseInstallation } from './parse-argument.ts';
import type { Terminal } from './terminal.ts';

/** What every command takes. */
export interface CommonOptions {
  readonly output: 'text' | 'json';
}

/** What commands take that run or open an instance on this machine. */
export interface DataOptions extends CommonOptions {
  /** The data folder of the instance. */
  readonly data: string;
}

/** What commands take that act on an installation. */
export interface OperatorOptions extends DataOptions {
  /** The name of one that is deployed to AWS; without it, the data folder's. */
  readonly stack?: string;
}

export interface CommandDefinition {
  readonly name: string;
  readonly summary: string;
  /** One command line each. */
  readonly examples: readonly string[];
}

/** A command with the options, help and errors that all have in common. */
export function defineCommand(terminal: Terminal, { name, summary, examples }: CommandDefinition): Command {
  const title = examples.length === 1 ? 'Example' : 'Examples';
  return defineCommandGroup(terminal, name, summary)
    .addOption(new Option('--output <form>', 'how to answer').choices(['text', 'json']).default('text'))
    .addHelpText('after', `\n${title}:\n  ${examples.join('\n  ')}`);
}

/** A command on a data folder. Others do not take `--data`: what they act on would be another thing than it names. */
export function defineDataCommand(terminal: Terminal, definition: CommandDefinition): Command {
  return defineCommand(terminal, definition).addOption(
    new Option('--data <folder>', 'data folder of the instance').default('.headlock'),
  );
}

/** A command that acts on an installation, here or on AWS. Of `--data` and the environment's `HEADLOCK_STACK`, `--data` counts. */
export function defineOperatorCommand(terminal: Terminal, definition: CommandDefinition): Command {
  return defineDataCommand(terminal, definition)
    .addOption(createStackOption())
    .hook('preAction', (_, command) => {
      if (command.getOptionValueSource('data') !== 'cli') return;
      if (command.getOptionValueSource('stack') === 'cli')
        command.error("error: option '--data <folder>' cannot be used with option '--stack <name>'");
      command.setOptionValue('stack', undefined);
    });
}

/** Names an installation on AWS. */
export function createStackOption(): Option {
  return new Option('--stack <name>', 'an installation on AWS, in place of one on this machine')
    .env('HEADLOCK_STACK')
    .argParser(parseInstallation);
}

/** A command that only holds others. */
export function defineCommandGroup(terminal: Terminal, name: string, summary: string): Command {
  const command = new Command(name).description(summary).exitOverride();
  return command.configureOutput({
    writeOut: (text) => terminal.print(text.replace(/\n$/, '')),
    writeErr: (text) => terminal.warn(text.replace(/\n$/, '')),
    outputError: (text, write) => {
      const problem = text
        .trim()
        .replace(/^error: /, '')
        .replace(/\s*\n\s*/g, ' ')
        .replace(/\.$/, '');
      write(`headlock: ${problem}. Run \`${pathOf(command)} --help\`.\n`);
    },
  });
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
