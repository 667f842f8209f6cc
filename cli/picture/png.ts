/** Rasterises the picture with the fonts of the package, so that a machine without fonts (CI) gets the same labels. */
import { createRequire } from "node:module";
import { join, dirname } from "node:path";

/** PNG bytes of an SVG document. */
export async function renderPng(svg: string): Promise<Buffer> {
    const { Resvg } = await import("@resvg/resvg-js");
    const fonts = join(dirname(createRequire(__filename).resolve("dejavu-fonts-ttf/package.json")), "ttf");
    return new Resvg(svg, {
        font: {
            fontFiles: [join(fonts, "DejaVuSans.ttf"), join(fonts, "DejaVuSans-Bold.ttf")],
            loadSystemFonts: false,
            defaultFontFamily: "DejaVu Sans",
        },
    })
        .render()
        .asPng();
}
