// The system's page cache, which root may empty: what is read then comes from the disk.
import { execSync } from 'node:child_process';

export const canDropCaches = process.getuid() === 0;
export const dropCaches = () => execSync('sync; echo 3 > /proc/sys/vm/drop_caches');
