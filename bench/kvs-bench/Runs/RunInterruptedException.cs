namespace Kvs.Bench.Runs;

/// <summary>The user wants the run to end: what has been measured is reported.</summary>
internal sealed class RunInterruptedException() : Exception("Interrupted.");
