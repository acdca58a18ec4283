using Microsoft.Extensions.Logging;

namespace Kvs.ServerProgram.Logging;

/// <summary>Passes what server and transport log on to <see cref="ServerLog"/>. Smaller, and ready sooner, than the
/// console logger with its configuration and its thread.</summary>
internal sealed class ServerLoggers(ServerLog log) : ILoggerFactory
{
    /// <summary>What the framework's own parts have to say of each connection is theirs to look at, not an
    /// operator's.</summary>
    private const string FrameworkPrefix = "Microsoft.";

    /// <summary>The template of a message, which stands among its fields under this name.</summary>
    private const string TemplateField = "{OriginalFormat}";

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(log, categoryName);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("The log goes to the standard error stream and nowhere else.");

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Logger(ServerLog log, string category) : ILogger
    {
        private readonly LogLevel _least = category.StartsWith(FrameworkPrefix, StringComparison.Ordinal)
            ? LogLevel.Warning
            : LogLevel.Trace;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _least && log.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write(logLevel, category, formatter(state, exception), exception, FieldsOf(state));
            }
        }

        private static (string Name, object? Value)[] FieldsOf<TState>(TState state) =>
            state is IReadOnlyList<KeyValuePair<string, object?>> fields
                ? [.. fields.Where(field => field.Key != TemplateField).Select(field => (field.Key, field.Value))]
                : [];
    }
}
