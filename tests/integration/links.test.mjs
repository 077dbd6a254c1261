// Every relative link in every Markdown file leads to an existing file and, with an anchor, to a heading in it.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

const GENERATED = ['.git', 'build', 'dist', 'node_modules'];

/** Without git, which a checkout may not have. */
function markdownFiles(folder = '') {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return GENERATED.includes(entry.name) ? [] : markdownFiles(join(folder, entry.name));
    return entry.name.endsWith('.md') ? [join(folder, entry.name)] : [];
  });
}

/** The text without fenced code blocks; lines keep their numbers. */
function withoutBlocks(text) {
  let fence;
  return text.split('\n').map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence) {
      if (mark?.startsWith(fence)) fence = undefined;
      return '';
    }
    fence = mark;
    return mark ? '' : line;
  }).join('\n');
}

/** The anchors that GitHub generates for headings, and HTML anchors. */
const anchorsOf = (() => {
  const known = new Map();
  return (path) => {
    if (known.has(path)) return known.get(path);
    const text = readFileSync(path, 'utf8');
    const anchors = new Set([...text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)].map(([, id]) => id));
    const seen = new Map();
    const headings = withoutBlocks(text).matchAll(/^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$/gm);
    for (const [, heading] of headings) {
      const plain = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = plain.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      anchors.add(count === 0 ? slug : `${slug}-${count}`);
    }
    known.set(path, anchors);
    return anchors;
  };
})();

/** `{line, target}` of each link, image and reference definition that is relative. */
function* linksIn(text) {
  // Brackets in inline code are no links.
  const lines = withoutBlocks(text).replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, (code) => '`'.repeat(code.length));
  const patterns = [
    /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g, // [text](target), ![text](target)
    /^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm, // [name]: target
    /\b(?:href|src)="([^"]+)"/g,
  ];
  for (const pattern of patterns) {
    for (const match of lines.matchAll(pattern)) {
      if (/^([a-z][a-z+.-]*:|\/\/)/i.test(match[1])) continue; // elsewhere
      yield { line: lines.slice(0, match.index).split('\n').length, target: match[1] };
    }
  }
}

/** The fault of the link; undefined if it is correct. */
function fault(file, target) {
  const [path, anchor] = target.split('#').map(decodeURIComponent);
  const to = path === '' ? file : join(dirname(file), path);
  if (path.startsWith('/')) return 'is absolute';
  if (relative(root, to).startsWith('..')) return 'leaves the repository';
  if (!existsSync(to)) return 'does not exist';
  if (anchor === undefined) return undefined;
  if (anchor === '' || !to.endsWith('.md') || statSync(to).isDirectory()) return 'has an anchor, but is not a Markdown file';
  return anchorsOf(to).has(anchor) ? undefined : `has no heading #${anchor}`;
}

test('The checker finds the same links and anchors as GitHub', () => {
  const text = '[a](b.md#c) `[no](x)` ![i](d.png "t")\n```sh\n[no](y)\n```\n[e]: f.md\n[out](https://example.org)\n[``](g)';
  assert.deepEqual([...linksIn(text)], [{ line: 1, target: 'b.md#c' }, { line: 1, target: 'd.png' }, { line: 7, target: 'g' }, { line: 5, target: 'f.md' }]);
});

test('Every relative link in a Markdown file resolves', () => {
  const files = markdownFiles();
  assert.ok(files.includes('README.md') && files.length > 10, files.join());
  const broken = [];
  let links = 0;
  for (const name of files) {
    for (const { line, target } of linksIn(readFileSync(join(root, name), 'utf8'))) {
      links += 1;
      const what = fault(join(root, name), target);
      if (what) broken.push(`${name}:${line}: ${target} ${what}`);
    }
  }
  assert.ok(links > 50, `only ${links} links found`);
  assert.deepEqual(broken, [], broken.join('\n'));
});
