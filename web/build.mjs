// Bundles the page: node build.mjs OUT [--cpp FILE]. OUT gets index.html and assets/; FILE gets all of it as C++ for the
// server to hold. Names of assets carry a hash of their content, so that browsers may keep them for ever.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const [out, flag, cpp] = process.argv.slice(2);
if (!out || (flag && (flag !== '--cpp' || !cpp))) {
  console.error('usage: node build.mjs OUT [--cpp FILE]');
  process.exit(2);
}

const types = { css: 'text/css; charset=utf-8', html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' };
const hashed = (ending, content) => `${createHash('sha256').update(content).digest('hex').slice(0, 16)}.${ending}`;

const bundled = await build({
  absWorkingDir: here, entryPoints: ['src/main.tsx'], outdir: out, bundle: true, minify: true, write: false,
  format: 'iife', target: 'es2022', jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none', logLevel: 'warning',
});
const assets = { icon: readFileSync(join(here, 'icon.svg')) };
for (const file of bundled.outputFiles) assets[file.path.endsWith('.css') ? 'css' : 'js'] = Buffer.from(file.contents);

const files = [];
let html = readFileSync(join(here, 'index.html'), 'utf8');
for (const [key, content] of Object.entries(assets)) {
  const name = hashed(key === 'icon' ? 'svg' : key, content);
  html = html.replace(`{${key}}`, name);
  files.push({ path: `/assets/${name}`, content });
}
files.push({ path: '/', content: Buffer.from(html) });

rmSync(join(out, 'assets'), { recursive: true, force: true });
mkdirSync(join(out, 'assets'), { recursive: true });
for (const { path, content } of files) writeFileSync(join(out, path === '/' ? 'index.html' : path), content);
if (cpp) writeFileSync(cpp, asCpp());

/** Octal escapes, split so that no line or literal is too long for a compiler. */
function literal(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 1024) {
    lines.push(`"${[...bytes.subarray(at, at + 1024)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`);
  }
  return `std::string_view(${lines.join('\n')}, ${bytes.length})`;
}

function asCpp() {
  const entries = files.map(({ path, content }) => {
    const type = types[path === '/' ? 'html' : path.split('.').pop()];
    const tag = createHash('sha256').update(content).digest('hex').slice(0, 16);
    return `{"${path}", "${type}", "W/\\"${tag}\\"",\n${literal(content)},\n${literal(gzipSync(content, { level: 9 }))}}`;
  });
  return `// Made by web/build.mjs.\n#include "net/page.hpp"\n\nnamespace nvrhub::net {\n\nstd::span<const PageFile> page_files() {\n`
    + `  static constexpr PageFile files[] = {${entries.join(',\n')}};\n  return files;\n}\n\n} // namespace nvrhub::net\n`;
}
