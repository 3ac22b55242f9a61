/**
 * The library's documentation from its docstrings, by TypeDoc; and whether they are all there.
 *
 * Everything that the entry points export, and every method of it, has a docstring. Properties may go without one: where name and
 * type say all there is to say, a comment would only repeat them.
 */
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Application, LogLevel, type ProjectReflection, type TypeDocOptions } from 'typedoc';

const options = (root: string): TypeDocOptions => ({
  entryPoints: ['src/wallet/index.ts', 'src/index.ts'].map(file => join(root, file)),
  tsconfig: join(root, 'tsconfig.json'),
  basePath: root,
  name: 'Covault',
  readme: 'none',
  hideGenerator: true,
  // names of files are no addresses
  markdownItOptions: { html: true, linkify: false },
  disableGit: true,
  sourceLinkTemplate: '',
  disableSources: true,
  excludePrivate: true,
  excludeInternal: true,
  // the compiler has checked them
  skipErrorChecking: true,
  validation: { notDocumented: true, notExported: true, invalidLink: true },
  // a bank's host brings these, and they are documented in their files
  intentionallyNotExported: ['Intake', 'LiveStock', 'Party', 'Place', 'Reader', 'Rekeying'],
  requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Function', 'Variable', 'Method', 'Accessor'],
  logLevel: LogLevel.Warn,
});

export interface Library {
  /** What TypeDoc has found wrong, a line each. */
  readonly faults: readonly string[];
  /** Pages, into this folder. */
  write(folder: string): Promise<void>;
}

/** `more`: other options, for tests. Throws where TypeDoc cannot read the sources. */
export async function readLibrary(root: string, more: TypeDocOptions = {}): Promise<Library> {
  const app = await Application.bootstrapWithPlugins({ ...options(root), ...more });
  const faults: string[] = [];
  const { logger } = app;
  logger.log = (message, level) => {
    if (level >= LogLevel.Warn) faults.push(stripVTControlCharacters(message));
  };
  const project: ProjectReflection | undefined = await app.convert();
  if (!project) throw new Error(`TypeDoc: ${faults.join('\n')}`);
  app.validate(project);
  return { faults, write: folder => app.generateDocs(project, folder) };
}
