/** Trainer bundles JobSet; installed twice, two controllers and two webhooks fight over every job. */
import { releasesOfChart } from "../../cluster";
import { stackRule } from "../../rule";

export const jobsetHasOneOwner = stackRule(
    {
        name: "jobset-has-one-owner",
        displayName: "JobSet has one owner",
        description:
            "Both releases claim the cluster-wide CRDs and webhooks: the second install fails on ownership, or the removal of one takes the other's CRDs and every JobSet with them.",
        severity: "high",
        enforcementLevel: "mandatory",
        topic: "drivers",
        remediationSteps:
            "Set jobset.install to false in the kubeflow-trainer values where the jobset chart is installed.",
        url: "https://github.com/kubeflow/trainer/tree/master/charts/kubeflow-trainer",
    },
    (subjects) =>
        releasesOfChart(subjects, "jobset").length === 0
            ? []
            : releasesOfChart(subjects, "kubeflow-trainer")
                  .filter(
                      (about) =>
                          !about.props.at("values.jobset.install").unknown &&
                          about.props.flag("values.jobset.install") !== false,
                  )
                  .map((about) => ({
                      about,
                      found: "jobset.install true beside the jobset chart",
                      required: "one JobSet controller",
                      remedy: "Set jobset.install to false.",
                  })),
);
