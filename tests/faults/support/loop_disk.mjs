import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE_MB = 2048; // the file has holes
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: what is not synced is lost, the journal's last records included. */
const SHUTDOWN = 'import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))';

const run = (...command) => execFileSync(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });

/** Why no loop device can be mounted here; false: it can. Containers may forbid it to root. */
export function noLoopDevice() {
  if (process.getuid() !== 0 || !existsSync('/dev/loop-control')) return 'mounting a loop device needs root and /dev/loop-control';
  try {
    new LoopDisk().discard();
    return false;
  } catch (error) {
    return `no loop device can be mounted: ${error.message}`;
  }
}

/** An ext4 file system on a loop device, whose power can be cut. */
export class LoopDisk {
  #folder = mkdtempSync(join(tmpdir(), 'nvrhub-loop-'));
  dir = join(this.#folder, 'mounted');

  constructor() {
    mkdirSync(this.dir);
    try {
      run('truncate', '-s', `${SIZE_MB}M`, this.#image);
      run('mkfs.ext4', '-q', this.#image);
      this.#mount();
    } catch (error) {
      rmSync(this.#folder, { recursive: true });
      throw error;
    }
  }

  get #image() { return join(this.#folder, 'image'); }
  #mount() { run('mount', '-o', 'loop', this.#image, this.dir); }

  /** For what a test has written itself. */
  sync() { run('sync', '--file-system', this.dir); }

  /** From now on every write and sync fails, as nothing reaches the disk. */
  cut() { run(process.env.PYTHON, '-c', SHUTDOWN, this.dir); }

  /** What the disk had at the cut. REQUIRES: no process has a file open. */
  restore() {
    run('umount', this.dir);
    this.#mount();
  }

  discard() {
    run('umount', '--lazy', this.dir);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
