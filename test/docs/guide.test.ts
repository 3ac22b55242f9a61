/** How guides are taken apart: what is in none of the known forms is found. */
import test from 'ava';
import { firstColumn, levelsByCode, parseGuide, scriptOf, shownLines } from './guide.js';

const text = `# A guide

Look:

\`\`\`sh
look
\`\`\`

<!-- test: it rains -->

\`\`\`text
3 drops  (of ...)
\`\`\`

This is **Not run by the test**.

\`\`\`sh not-run
leave
\`\`\`

## Words

| word | meaning |
| --- | --- |
| \`wet\`, \`dry\` | \`how\` it is |

## More
`;

test('blocks, the paragraphs above them, and stage directions are found in order', t => {
  const guide = parseGuide(text);
  t.deepEqual(
    guide.blocks.map(({ kind, before }) => [kind, before]),
    [
      ['run', 'Look:'],
      ['text', '<!-- test: it rains -->'],
      ['not-run', 'This is **Not run by the test**.'],
    ],
  );
  t.is(scriptOf(guide, { 'it rains': 'pour' }), 'look\n\npour');
  t.deepEqual(firstColumn(guide, 'Words'), ['wet', 'dry']);
});

test('levels are of all codes of a row, or one each; a row that says neither is refused', t => {
  const table = (...rows: string[]) =>
    parseGuide(`\n## Alerts\n\n| alert | level | |\n| --- | --- | --- |\n${rows.join('\n')}\n\n## More\n`);
  const rows = ['| `a` | watch, act from 30 s | act |', '| `b`, `c` | act | |', '| `d`, `e` | watch, act; note | |'];
  t.deepEqual(levelsByCode(table(...rows), 'Alerts'), {
    a: ['act', 'watch'],
    b: ['act'],
    c: ['act'],
    d: ['act', 'watch'],
    e: ['note'],
  });
  t.throws(() => levelsByCode(table('| `a`, `b`, `c` | watch; act | |'), 'Alerts'), { message: /a,b,c/ });
});

test('a block of no known kind, and a direction that a test does not know, are refused', t => {
  t.throws(() => parseGuide(text.replace('```text', '```console')), { message: /console/ });
  t.throws(() => scriptOf(parseGuide(text), {}), { message: /it rains/ });
});

test('what is shown may differ in its numbers and where it says so, and in nothing else', t => {
  const [line] = shownLines(parseGuide(text));
  t.regex('before\n17 drops   (of water)\nafter', line);
  for (const other of ['17 drop (of water)', 'no drops (of water)', '17 drops (of water', 'x 17 drops (of water)']) {
    t.notRegex(other, line);
  }
});
