#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `holdfast needs Node.js 22.19 or newer; this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exit(2);
}
const { main } = await import('../dist/cli/main.js');
await main(process.argv.slice(2));
