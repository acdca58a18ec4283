using Microsoft.Extensions.Logging;

namespace Kvs.ServerProgram;

/// <summary>Passes warnings and errors of the server and its transport to <see cref="ServerLog"/>. Smaller, and ready
/// sooner, than the console logger with its configuration and its thread.</summary>
internal sealed class ServerLoggers : ILoggerFactory
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(categoryName);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("The log goes to the standard error stream and nowhere else.");

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Logger(string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            string level = logLevel == LogLevel.Warning ? "warning" : "error";
            string cause = exception is null ? string.Empty : $": {exception}";
            ServerLog.Write($"{level}: {category}: {formatter(state, exception)}{cause}");
        }
    }
}
