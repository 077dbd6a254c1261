// The licences: packaging/debian/copyright and the credits of the dashboard page name the same components.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const readJson = async (path) => JSON.parse(await read(path));

/** The paragraphs of a file in Debian's copyright format, as { field: lines }; a continuation line loses its first space. */
function paragraphs(text) {
  return text.trimEnd().split(/\n\n+/).map((paragraph) => {
    const fields = {};
    let name;
    for (const line of paragraph.split('\n')) {
      const [, field, value] = /^([A-Z][A-Za-z-]*): ?(.*)$/.exec(line) ?? [];
      if (field) {
        assert.ok(!(field in fields), `field ${field} occurs twice in a paragraph: ${line}`);
        name = field;
        fields[name] = [value];
      } else {
        assert.match(line, /^ \S|^ +\S/, `neither a field nor a continuation: ${line}`);
        fields[name].push(line.slice(1));
      }
    }
    return fields;
  });
}

const debian = paragraphs(await read('packaging/debian/copyright'));
const credits = await readJson('web/src/credits.json');

/** Debian's short name as SPDX spells it, which the page shows. */
const spdx = (name) => name.replace(/\bExpat\b/, 'MIT').replace('-clause', '-Clause');

test('The Debian copyright file and the page list the same components, licences and copyright holders', () => {
  const listed = debian.filter(({ Component }) => Component)
    .map(({ Component, License, Copyright }) => ({ name: Component[0], licence: spdx(License[0]), copyright: Copyright }));
  assert.ok(listed.length > 0);
  assert.deepEqual(credits, listed);
});

test('The Debian copyright file contains the text of every licence that it names', () => {
  const texts = debian.filter(({ Files, License }) => !Files && License?.length > 1).map(({ License }) => License[0]);
  const named = debian.filter(({ Files }) => Files)
    .flatMap(({ License }) => (texts.includes(License[0]) ? [License[0]] : License[0].split(/ and | or /)));
  assert.deepEqual([...new Set(named)].sort(), texts.sort());
});

test('Every module bundled into the page is credited under the licence of its package', async () => {
  const { dependencies } = await readJson('web/package.json');
  const { packages } = await readJson('web/package-lock.json');
  for (const module of Object.keys(dependencies)) {
    const credit = credits.find(({ name }) => name.toLowerCase() === module);
    assert.equal(credit?.licence, packages[`node_modules/${module}`].license, `${module} in web/src/credits.json`);
  }
});

test('LICENSE, NOTICE, the Debian copyright file and the page agree on the licence of nvrhub', async () => {
  const [own] = debian.filter(({ Files }) => Files?.[0] === '*');
  assert.deepEqual(own.License, ['Apache-2.0']);
  assert.match(await read('LICENSE'), /^\s*Apache License\s+Version 2\.0, January 2004/);
  assert.match(await read('NOTICE'), new RegExp(`^Copyright ${own.Copyright[0]}$`, 'm'));
  const help = await read('web/src/view/help.tsx');
  assert.ok(help.includes(`Apache License 2.0, copyright ${own.Copyright[0]}.`), help);
});
