import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const KINDS = { ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], rsa: ['-newkey', 'rsa:2048'] };

/** A directory of certificates made with the openssl command, removed after the tests of the file. */
export class Certificates {
  dir = mkdtempSync(join(tmpdir(), 'nvrhub-tls-'));

  constructor() { after(() => rmSync(this.dir, { recursive: true, force: true })); }

  file(name) { return join(this.dir, name); }
  read(name) { return readFileSync(this.file(name)); }
  write(name, text) {
    writeFileSync(this.file(name), text);
    return this.file(name);
  }
  openssl(...args) { return execFileSync('openssl', args, { cwd: this.dir, stdio: 'pipe' }); }

  /** NAME.pem and NAME.key of an authority. */
  authority(name) {
    this.openssl('req', '-x509', ...KINDS.ec, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`);
  }

  /** NAME.pem and NAME.key of a certificate that `ca` signs; `names` is its subjectAltName. A negative `days` has it expired. */
  certificate(name, ca, { subject = `/CN=${name}`, names = 'IP:127.0.0.1,DNS:localhost', kind = 'ec', days = 2 } = {}) {
    this.openssl('req', ...KINDS[kind], '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    this.write('ext', names ? `subjectAltName=${names}\n` : 'basicConstraints=CA:FALSE\n');
    this.openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${ca}.pem`, '-CAkey', `${ca}.key`, '-CAcreateserial', '-days', String(days), '-extfile', 'ext', '-out', `${name}.pem`);
  }

  /** The flags of a server with the certificate and key of these names. */
  flags(certificate, key = certificate) { return ['--tls-cert', this.file(`${certificate}.pem`), '--tls-key', this.file(`${key}.key`)]; }
}
