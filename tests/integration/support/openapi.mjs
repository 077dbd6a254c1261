import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

export const TEXT = await readFile(new URL('../../../docs/reference/openapi.yaml', import.meta.url), 'utf8');
export const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

/** The schema with references rewritten for a JSON Schema with the id `openapi`. */
const placed = (schema) => JSON.parse(JSON.stringify(schema),
  (key, value) => (key === '$ref' ? value.replace('#/components/schemas/', 'openapi#/$defs/') : value));

/** docs/reference/openapi.yaml, for checking responses of a server. */
export class Contract {
  #ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
  #validators = new Map();

  constructor() {
    this.document = parse(TEXT);
    this.#ajv.addKeyword('example');
    this.#ajv.addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)));
    this.#ajv.addSchema({ $id: 'openapi', $defs: placed(this.document.components.schemas) });
    this.operations = Object.entries(this.document.paths).flatMap(([path, item]) => METHODS
      .filter((method) => item[method])
      .map((method) => ({
        method: method.toUpperCase(),
        path,
        ...item[method],
        parameters: [...item.parameters ?? [], ...item[method].parameters ?? []].map((one) => this.resolve(one)),
      })));
  }

  resolve(node) {
    if (!node?.$ref) return node;
    return this.resolve(node.$ref.slice(2).split('/').reduce((at, key) => at[key], this.document));
  }

  operation(id) {
    return this.operations.find((one) => one.operationId === id) ?? assert.fail(`no operation ${id}`);
  }

  #validator(schema) {
    const key = JSON.stringify(schema);
    if (!this.#validators.has(key)) this.#validators.set(key, this.#ajv.compile(placed(schema)));
    return this.#validators.get(key);
  }

  accepts(schema, value) { return this.#validator(schema)(value); }

  assertFits(schema, value, what) {
    const validator = this.#validator(schema);
    assert.ok(validator(value), `${what}: ${JSON.stringify(validator.errors)}\n${JSON.stringify(value).slice(0, 2000)}`);
  }

  /** The request target: the path of the operation with its parameters filled in, and required ones in the query. */
  target(operation, { query = {}, ...names } = {}) {
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(names[name] ?? assert.fail(name)));
    const required = operation.parameters.filter((one) => one.in === 'query' && one.required && names[one.name] !== undefined);
    const text = new URLSearchParams({ ...Object.fromEntries(required.map(({ name }) => [name, names[name]])), ...query }).toString();
    return text ? `${path}?${text}` : path;
  }

  /** Asserts that the operation documents the response; returns the schema of its body. */
  check(operation, answer) {
    const what = `${operation.operationId} ${answer.status}`;
    const response = this.resolve(operation.responses[answer.status]);
    assert.ok(response, `${what} is not documented: ${answer.text}`);
    for (const [name, ref] of Object.entries(response.headers ?? {})) {
      const value = answer.headers[name.toLowerCase()];
      const { schema } = this.resolve(ref);
      if (value !== undefined) this.assertFits(schema, schema.type === 'integer' ? Number(value) : value, `${what} ${name}`);
    }
    if (!response.content) return assert.equal(answer.text, '', what);
    const type = answer.headers['content-type'];
    const media = response.content[type];
    assert.ok(media, `${what}: the content type ${type} is not documented`);
    this.assertFits(media.schema, type === 'application/json' ? answer.json : answer.text, what);
    return media.schema;
  }
}

/** For each object in `value`: a copy of `value` in which that object has one more field. */
function* withExtraField(value, path = []) {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value)) yield [path.join('.'), { ...value, undocumented: 1 }];
  for (const [key, child] of Object.entries(value)) {
    for (const [where, changed] of withExtraField(child, [...path, key])) {
      yield [where, Object.assign(structuredClone(value), { [key]: changed })];
    }
  }
}

/** Calls the documented operations of a server and records in `seen` which responses occurred. */
export class Caller {
  constructor(contract, server, seen) {
    this.contract = contract;
    this.server = server;
    this.seen = seen;
  }

  /** `statuses`: the expected status, or a list of those that are possible. */
  async call(id, statuses, parameters, body, headers) {
    const operation = this.contract.operation(id);
    return this.take(operation, statuses, await this.server.api(operation.method, this.contract.target(operation, parameters), body, headers));
  }

  /** Announces a large body without sending it, because a client that is still sending may miss the refusal. */
  async tooLarge(id, parameters) {
    const operation = this.contract.operation(id);
    const raw = await this.server.raw();
    raw.write(`${operation.method} ${this.contract.target(operation, parameters)} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n`);
    await raw.untilEnded();
    const [head, text] = raw.head.split('\r\n\r\n');
    const [first, ...lines] = head.split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => /^(.+?): (.*)$/.exec(line).slice(1)).map(([name, value]) => [name.toLowerCase(), value]));
    return this.take(operation, 413, { status: Number(first.split(' ')[1]), headers, text, json: JSON.parse(text) });
  }

  take(operation, statuses, answer) {
    const id = operation.operationId;
    const { status } = answer;
    assert.ok([statuses].flat().includes(status), `${id}: ${status} instead of ${statuses}: ${answer.text}`);
    const schema = this.contract.check(operation, answer);
    const type = answer.headers['content-type'];
    this.seen.add(`${id} ${status} ${type ?? ''}`.trim());
    if (type === 'application/json') {
      for (const [where, changed] of withExtraField(answer.json)) {
        assert.ok(!this.contract.accepts(schema, changed), `${id} ${status} accepts any field in ${where || 'the response'}`);
      }
    }
    return answer;
  }
}
