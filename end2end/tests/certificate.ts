//! A certificate for `localhost` that nobody trusts.

import { execFileSync } from 'node:child_process';

/** Writes `key.pem`, and `fullchain.pem`. */
export function certify(folder: string): void {
  const kind = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', 'key.pem', '-out', 'fullchain.pem'];
  execFileSync('openssl', [...kind.split(' '), ...names], { cwd: folder, stdio: 'pipe' });
}
