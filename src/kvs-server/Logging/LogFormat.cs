namespace Kvs.ServerProgram.Logging;

/// <summary>How lines of the log are written.</summary>
internal enum LogFormat
{
    /// <summary>For people: the message, and before it the level where that is more than information.</summary>
    Text,

    /// <summary>For programs: an object of JSON in each line, with time, level, message and what the message is made
    /// of.</summary>
    Json,
}
