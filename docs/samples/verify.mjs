import crypto from "node:crypto";

const secret = process.env.DGSPAY_WEBHOOK_SECRET;

function isGenuine(body, signature) {
  const expected = crypto.createHmac("sha256", secret).update(body).digest("hex");
  // timingSafeEqual throws unless both are equally long, so the form is checked first.
  if (typeof signature !== "string" || !/^[0-9a-f]{64}$/.test(signature)) return false;
  return crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

// To try it: node verify.mjs SIGNATURE < body
import fs from "node:fs";
const ok = isGenuine(fs.readFileSync(0), process.argv[2]);
console.log(ok ? "genuine" : "forged");
process.exit(ok ? 0 : 1);
