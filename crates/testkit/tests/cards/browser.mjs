// A payer's browser, as far as cards go: reads one order per line, a JSON object, and answers each
// with one line. Encrypts as the guide's page does, or with the script that the gateway serves.
//
//   node browser.mjs ENCRYPTION_KEY PUBLIC_KEY SCRIPT < orders

import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

const [encryptionKey, publicKey, script] = process.argv.slice(2);
const routine = new URL("guide_routine.js", import.meta.url);
for (const file of [script, routine]) runInThisContext(readFileSync(file, "utf8"));

const doers = {
  card: (order) => guidesCard({ key: encryptionKey, ...order }),
  pin: (order) => guidesPin({ key: encryptionKey, ...order }),
  script_card: (order) => dgspay.encryptCard(encryptionKey, order),
  script_pin: (order) => dgspay.encryptPin(encryptionKey, order.pin),
  seal: (order) => {
    const now = Date.now;
    Date.now = () => now() + 1000 * (order.clock_off ?? 0);
    return dgspay.sealCard(order.key ?? publicKey, order).finally(() => (Date.now = now));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  console.log(JSON.stringify(await doers[order.do](order)));
}
