/**
 * A WebAssembly kernel from the base64 text that the build wrote, instantiated at once: no file, no promise, so that it
 * works wherever the library is imported. Kernels import nothing.
 *
 * Not here: what a kernel exports; each host names that itself.
 */

/** A kernel's linear memory and its functions. */
export interface LoadedKernel<Exports> {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly exports: Exports;
}

/** What is used of the platform's WebAssembly, which the compiler's own libraries declare for browsers only. */
interface Platform {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

export function loadKernel<Exports>(base64: string): LoadedKernel<Exports> {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Platform };
  const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { memory } = exports as LoadedKernel<Exports>;
  return { memory, exports: exports as Exports };
}
