/**
 * The explorer with the agreement in it, as one module: built from the project's own source with every private field made an
 * ordinary one (a state must be copied and named whole), and with at most one rule taken out.
 *
 * Production code has no switch for any of this: a rule is taken out of the text, which must hold it exactly once.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { CovaultError } from '../../src/errors.js';
import type * as Model from './exploration.js';
import type { Mutant } from './mutants.js';

const here = fileURLToPath(import.meta.url);

/** Throws BAD_CONFIG if the text does not hold what the mutant takes out. */
export async function loadModel(mutant?: Mutant): Promise<typeof Model> {
  const entry = here.replace(/loader(\.[jt]s)$/, 'exploration$1');
  const edits = new Set(mutant?.edits);
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    plugins: [
      {
        name: 'open',
        setup({ onLoad }) {
          onLoad({ filter: /[\\/](src[\\/](agreement|wallet)|explorer)[\\/][a-z-]+\.[jt]s$/ }, async ({ path }) => {
            let text = await readFile(path, 'utf8');
            if (path.includes(`${join('test', 'src')}`)) return undefined;
            for (const edit of edits) {
              if (edit.file !== basename(path, extname(path))) continue;
              text = replaceOnce(text, edit.from, edit.to);
              edits.delete(edit);
            }
            return { contents: text.replace(/#(?=[a-z])/g, 'open_'), loader: extname(path) === '.ts' ? 'ts' : 'js' };
          });
        },
      },
    ],
  });
  if (edits.size > 0) throw new CovaultError('BAD_CONFIG', 'a mutant names a file that is not there');
  return importText(outputFiles[0].text);
}

function replaceOnce(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new CovaultError('BAD_CONFIG', `a rule is not where its mutant looks: ${from}`);
  return parts.join(to);
}

async function importText(text: string): Promise<typeof Model> {
  const folder = await mkdtemp(join(tmpdir(), 'covault-explore-'));
  const file = join(folder, 'model.mjs');
  try {
    await writeFile(file, text);
    return (await import(pathToFileURL(file).href)) as typeof Model;
  } finally {
    await rm(folder, { recursive: true });
  }
}
