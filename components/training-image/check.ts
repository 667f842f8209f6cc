/** The mistakes that a `TrainingImageArgs` can hold. Pure. */
import { FabricKind } from "../fabric";
import type { InputProblem } from "../input";
import { oneOf, requirePlain, show, wholeNumber } from "../input";
import type { TrainingImageArgs } from "./training-image-args";

/** All mistakes of the arguments of the image called `name`. */
export function checkTrainingImage(name: string, args: TrainingImageArgs): InputProblem[] {
    const unknown = requirePlain({
        repository: args.repository,
        fabric: args.fabric,
        packages: args.packages,
        ncclTests: args.ncclTests,
        keepImages: args.keepImages,
    });
    if (unknown.length > 0) {
        return unknown;
    }
    const repository = args.repository ?? name;
    return [
        ...(/^[a-z0-9]+([._/-][a-z0-9]+)*$/.test(repository) && repository.length >= 2 && repository.length <= 256
            ? []
            : [
                  {
                      path: "repository",
                      got: show(repository),
                      legal: "2 to 256 lower-case letters, digits, and between them dots, slashes, hyphens or underscores are legal",
                      remedy: "Give a name such as training/gpt2.",
                  },
              ]),
        ...oneOf("fabric", args.fabric, Object.values(FabricKind)),
        ...(args.packages ?? []).flatMap((requirement, index) => checkPackage(requirement, index)),
        ...wholeNumber("keepImages", args.keepImages ?? 10, { min: 1, max: 1000 }),
    ];
}

/** A package without version is another one tomorrow, under the same tag; and the text stands in a shell command. */
function checkPackage(requirement: string, index: number): InputProblem[] {
    return /^[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,_-]+\])?==[A-Za-z0-9][A-Za-z0-9.!+_-]*$/.test(requirement)
        ? []
        : [
              {
                  path: `packages[${String(index)}]`,
                  got: show(requirement),
                  legal: "a package with its exact version is legal, for example wandb==0.22.0",
                  remedy: "Write name==version.",
              },
          ];
}
