import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const web = new URL('../../../web/', import.meta.url);
const esbuild = createRequire(new URL('package.json', web))('esbuild');

/** Imports a TypeScript module of web/src into Node. */
export async function load(path) {
  const { outputFiles: [file] } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL(`src/${path}`, web))], bundle: true, format: 'esm', write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(file.contents).toString('base64')}`);
}
