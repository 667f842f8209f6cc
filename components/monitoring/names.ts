/** Names that several parts of the monitoring share. */

/** Namespace of everything but the GPU exporter. */
export const namespaceName = "monitoring";
