/** The library: every public component and the records that pass between them, by name. */
export * from "./components";
