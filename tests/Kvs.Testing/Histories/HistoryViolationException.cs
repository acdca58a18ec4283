namespace Kvs.Testing;

/// <summary>A history that no linearizable store can have. The message shows the operations that contradict each
/// other.</summary>
public sealed class HistoryViolationException(string message) : Exception(message);
