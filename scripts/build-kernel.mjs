/**
 * Compiles each kernel from AssemblyScript to WebAssembly, and writes it as base64 into the module `kernel.generated.ts`
 * that the library imports: `npm run kernel`. The same sources and compiler give the same bytes.
 *
 * Flags: no runtime (nothing is allocated) and no imports. `scratchPages`, of 64 KiB, is the memory that a kernel's host
 * finds; a page over is for the kernel's own constants. `features` are of WebAssembly beyond what every engine has: `simd`
 * is in Node and in every browser of today, and wallets load no kernel that asks for it.
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const kernels = [
  { folder: 'src/field/kernel', scratchPages: 12, features: ['simd'] },
  { folder: 'src/preprocessing/kernel', scratchPages: 32, features: ['simd'] },
  { folder: 'src/preprocessing/lpn-kernel', scratchPages: 0, features: ['simd'] },
];

for (const kernel of kernels) {
  const entry = `${kernel.folder}/assembly/index.ts`;
  if (!existsSync(join(root, entry))) continue;
  const bytes = await compile(entry, kernel);
  const target = join(root, kernel.folder, 'kernel.generated.ts');
  const written = await writeChanged(target, moduleText(bytes));
  console.log(`${kernel.folder}: ${bytes.length} bytes of WebAssembly${written ? '' : ', unchanged'}`);
}

async function compile(entry, { scratchPages, features = [] }) {
  let binary;
  const options = ['--outFile', 'kernel.wasm', '--runtime', 'stub', '-O3', '--converge'];
  options.push('--initialMemory', `${scratchPages + 1}`, ...features.flatMap(feature => ['--enable', feature]));
  const { error, stderr } = await asc.main([entry, '--baseDir', root, ...options], {
    readFile: (name, base) => readFile(join(base, name), 'utf8').catch(() => null),
    writeFile: (name, contents) => {
      if (name.endsWith('.wasm')) binary = contents;
    },
  });
  if (error) throw new Error(`${entry}: ${error.message}\n${stderr}`);
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(binary));
  if (imports.length > 0) throw new Error(`${entry} imports ${imports.map(i => i.name).join(', ')}`);
  return binary;
}

function moduleText(bytes) {
  const base64 = Buffer.from(bytes).toString('base64');
  return `// Made by scripts/build-kernel.mjs; not kept in the repository.\nexport const kernelBase64 =\n  '${base64}';\n`;
}

/** Untouched when nothing changed, so that incremental compilation and watchers rest. */
async function writeChanged(path, text) {
  if (existsSync(path) && (await readFile(path, 'utf8')) === text) return false;
  await writeFile(path, text);
  return true;
}
