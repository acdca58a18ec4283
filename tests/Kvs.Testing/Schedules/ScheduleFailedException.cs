namespace Kvs.Testing.Schedules;

/// <summary>A schedule was found in which a promise does not hold. The message says how to run it again.</summary>
public sealed class ScheduleFailedException(string message, Exception cause) : Exception(message, cause);
