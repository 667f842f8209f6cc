/** Writes the package's bill of materials into `dist`: npm packs no package-lock.json, so that those who install the package could not. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import bills from "../dist/cli/lock/bill-of-materials.js";

const root = join(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), "..");
writeFileSync(join(root, bills.SHIPPED_BILL), `${JSON.stringify(bills.packageBill(root), null, 2)}\n`);
