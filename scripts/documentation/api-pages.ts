/**
 * A description as a page: Swagger UI as @fastify/swagger-ui ships it, beside the description, and nothing from anywhere else. The
 * page's own policy lets it load nothing but its files, and no call of the API can be made from it.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Description } from './descriptions.js';

const shipped = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui')), 'static');
const files = ['swagger-ui-bundle.js', 'swagger-ui.css'];

/** Into this folder: index.html, openapi.json, and what the page needs. */
export async function writeApiPage(folder: string, description: Description): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of files) await copyFile(join(shipped, file), join(folder, file));
  await writeFile(join(folder, 'openapi.json'), `${JSON.stringify(description, undefined, 2)}\n`);
  await writeFile(join(folder, 'page.js'), script(JSON.stringify(description, withReferences(description))));
  await writeFile(join(folder, 'index.html'), page(description.info.title));
}

/** Puts components where they are named: from a disk, Swagger UI follows no reference. */
const withReferences =
  ({ components: { schemas } }: Description) =>
  (_key: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || !('$ref' in value)) return value;
    const component = schemas[`${value.$ref}`.replace('#/components/schemas/', '')];
    if (!component) throw new Error(`a reference to no component: ${value.$ref}`);
    return component;
  };

// a page from a disk may load scripts, and no JSON
const script = (json: string) => `SwaggerUIBundle({
  spec: ${json},
  domNode: document.getElementById('api'),
  supportedSubmitMethods: [],
  validatorUrl: null,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  deepLinking: true,
});
`;

/** `title`: plain text. */
const page = (title: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:">
<title>${title}</title>
<link rel="stylesheet" href="swagger-ui.css">
<style>
.scheme-container, .opblock-tag, .response-controls small { display: none !important }
.swagger-ui .opblock .opblock-summary-path { max-width: none }
</style>
</head>
<body>
<main id="api"></main>
<script src="swagger-ui-bundle.js"></script>
<script src="page.js"></script>
</body>
</html>
`;
