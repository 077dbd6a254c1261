/** The rows of a CSV text (RFC 4180) as objects by the names in its header. */
export function parseCsv(text) {
  const rows = [];
  let row = [];
  for (let at = 0; at < text.length;) {
    let cell = '';
    if (text[at] === '"') {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (text[at] === undefined) throw new Error('a quoted cell has no end');
        if (text[at] === '"') at += 1;
        cell += text[at];
      }
      at += 1;
    } else {
      for (; at < text.length && text[at] !== ',' && text[at] !== '\r'; at += 1) cell += text[at];
    }
    row.push(cell);
    if (text[at] === ',') {
      at += 1;
    } else {
      if (text.slice(at, at + 2) !== '\r\n') throw new Error(`a row ends with ${JSON.stringify(text.slice(at, at + 2))}`);
      at += 2;
      rows.push(row);
      row = [];
    }
  }
  const [header, ...rest] = rows;
  return rest.map((cells) => {
    if (cells.length !== header.length) throw new Error(`${cells.length} cells in a table of ${header.length}: ${cells}`);
    return Object.fromEntries(header.map((name, i) => [name, cells[i]]));
  });
}
