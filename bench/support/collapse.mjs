// Converts samples of `perf script -F comm,ip,sym` from stdin to the input of flamegraph.pl: one line per stack, outermost
// frame first, with its count. Arguments, template arguments and asio's inner namespaces are removed from the names.
import { createInterface } from 'node:readline';

/** Removes bracketed text, including nested brackets. */
function without(text, open, close) {
  let depth = 0;
  let out = '';
  for (let i = 0; i < text.length; ++i) {
    if (text[i] === open) depth += 1;
    if (depth === 0) out += text[i];
    if (text[i] === close && depth > 0) depth -= 1;
  }
  return out;
}

function short(symbol) {
  const named = symbol.replaceAll('(anonymous namespace)::', '').replaceAll('operator()', 'call').replaceAll('->', '→')
    .replace(/operator(<<|>>|<=>|<|>)/, 'operator');
  return without(without(named, '<', '>'), '(', ')').replace(/\[abi:\w+\]/g, '').replace(/ const$| \[clone.*$/g, '')
    .replace(/^.* (?=[\w:~]+$)/, '').replace('boost::asio::detail::', 'asio::').replace('boost::asio::', 'asio::').trim() || '?';
}

const stacks = new Map();
let comm;
let frames = [];

function end() {
  if (comm !== undefined && frames.length > 0) {
    const known = frames.filter((frame, i) => frame !== '[unknown]' || i === 0);
    const stack = [comm, ...known.reverse()].join(';');
    stacks.set(stack, (stacks.get(stack) ?? 0) + 1);
  }
  comm = undefined;
  frames = [];
}

for await (const line of createInterface({ input: process.stdin })) {
  const frame = /^\s+[0-9a-f]+ (.*)$/.exec(line);
  if (line.trim() === '') end();
  else if (frame) frames.push(frame[1] === '[unknown]' ? frame[1] : short(frame[1]));
  else comm = line.trim();
}
end();
for (const [stack, count] of stacks) console.log(`${stack.replaceAll(' ', '_')} ${count}`);
