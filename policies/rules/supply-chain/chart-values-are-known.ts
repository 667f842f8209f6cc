/** Helm ignores a value that the chart does not read: the switch that was meant stays at its default. */
import { findRelease, unknownChartValues } from "../../../catalog";
import { chartOf } from "../../cluster";
import { HELM_RELEASE } from "../../resources";
import { resourceRule } from "../../rule";

export const chartValuesAreKnown = resourceRule(
    {
        name: "chart-values-are-known",
        displayName: "Helm values are keys that the chart reads",
        description:
            "A renamed key is no error. driver.enabled in the wrong place leaves the driver on; nobody learns of it before the nodes lose their GPUs.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "supply-chain",
        remediationSteps: "Correct the key; the message names the nearest one.",
        url: "https://helm.sh/docs/chart_template_guide/values_files/",
        appliesTo: [HELM_RELEASE],
    },
    (subject) => {
        const chart = chartOf(subject);
        const values = subject.props.at("values").known;
        // The keys are those of the pinned version; of another one nothing is known.
        return typeof values !== "object" ||
            values === null ||
            findRelease(chart)?.version !== subject.props.text("version")
            ? []
            : unknownChartValues(chart, values as { [key: string]: unknown }).map(({ path, suggestion }) => ({
                  found: `values.${path}, which chart ${chart} does not read`,
                  required: "keys of the chart",
                  remedy: suggestion === undefined ? "Remove it." : `Did you mean ${suggestion}?`,
              }));
    },
);
