// Root may drop the system's page cache, so the next reads come from the disk.
import { execSync } from 'node:child_process';

export const canDropCaches = process.getuid() === 0;
export const dropCaches = () => execSync('sync; echo 3 > /proc/sys/vm/drop_caches');
