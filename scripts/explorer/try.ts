import { loadModel } from './loader.js';
import { mutants } from './mutants.js';
const [n, e, early, c, b, t, ov, max] = process.argv.slice(2).map(Number);
for (const m of process.argv[10] ? mutants : [undefined]) {
  const s = performance.now();
  try { const model = await loadModel(m);
  const r = model.explore({ banks: n, envelopes: e, early, crashes: c, breaks: b, timeouts: t, overlap: ov === 1, heights: 3, attempts: 3, rounds: 3, statesMax: max || 300000 });
  console.log(m?.rule, JSON.stringify({ ...r, finding: r.finding && { what: r.finding.what, len: r.finding.trace.length, trace: m ? undefined : r.finding.trace } }), ((performance.now() - s) / 1000).toFixed(1)); } catch (x) { console.log(m?.rule, x); }
}
