using System.Net;
using Kvs.CommandLine;
using Kvs.Server;
using Kvs.ServerProgram.Logging;
using Kvs.Threading;
using Microsoft.Extensions.Logging;
using static Kvs.ServerProgram.Settings.SettingText;

namespace Kvs.ServerProgram.Settings;

/// <summary>All settings, in the order in which help and <c>--print-config</c> show them. Flags, variables, names in
/// the file, defaults and checks come from here.</summary>
internal static class SettingTable
{
    // No job waits for anything but room for a write, so a change of threads for each round only costs: bench/run-all
    // compares the pools under load.
    private const string DefaultPool = InlineThreadPool.PoolName;

    // More than processors that anybody has.
    private const int MaxPollers = 1024;

    private const int MinBufferedInputBytes = 4096;

    private static readonly KvsServerOptions s_server = new();
    private static readonly KvStoreOptions s_store = new();
    private static readonly string[] s_logFormats = ["text", "json"];
    private static readonly string[] s_logLevels = ["error", "warning", "info", "debug"];
    private static readonly TimeSpan s_millisecond = TimeSpan.FromMilliseconds(1);

    internal static IReadOnlyList<Setting> All { get; } =
    [
        new("addr", "IP:PORT",
            "Where to listen: an address with its port, or unix:PATH for a Unix socket; several times for several",
            Address.Default.ToString(),
            (settings, text) => settings with { Server = settings.Server with { EndPoints = ParseEndPoints(text) } })
        {
            IsList = true,
        },
        new("engine", "ENGINE",
            $"What keeps the data: {string.Join(", ", KvsEngines.Names)}; by default the engine that the folder was " +
            "made with, else kvs",
            "", (settings, text) => settings with { Engine = ParseOneOf(text, "engine", KvsEngines.Names) }),
        new("data", "DIR", "The folder of the data, made if it is missing", "kvs-data",
            (settings, text) => settings with
            {
                Folder = text.Length > 0
                    ? text
                    : throw new ProgramException("The name of the data folder is empty."),
            }),
        new("pool", "POOL", $"The threads that serve requests: {string.Join(", ", ThreadPools.Names)}", DefaultPool,
            (settings, text) => settings with { Pool = ParseOneOf(text, "pool", ThreadPools.Names) }),
        new("threads", "N",
            "How many threads the pool has, at least 1; counts for nothing with inline; by default one for each processor",
            $"{Environment.ProcessorCount}",
            (settings, text) => settings with { Threads = ParseNumber(text, 1, ThreadPools.MaxThreads) }),
        OfServer("transport", "NAME", $"What carries the bytes: {string.Join(", ", KvsTransports.Names)}",
            KvsTransports.NameOf(s_server.Transport),
            (server, text) => server with
            {
                Transport = KvsTransports.Parse(ParseOneOf(text, "transport", KvsTransports.Names)),
            }),
        OfServer("pollers", "N", "How many threads wait for bytes, where the transport is epoll, at least 1",
            $"{s_server.Pollers}",
            (server, text) => server with { Pollers = ParseNumber(text, 1, MaxPollers) }),
        .. StoreSettings(),
        .. AccessSettings(),
        .. LimitSettings(),
        .. WatchingSettings(),
    ];

    private static IEnumerable<Setting> StoreSettings() =>
    [
        OfStore("durability", "LEVEL",
            "What an acknowledged write survives: process (the server's death), interval (the same; and a power cut " +
            "takes the last second at most, or MS milliseconds with interval:MS), disk (a power cut)",
            s_store.Durability.ToString().ToLowerInvariant(), DurabilityText.Apply),
        OfStore("partitions", "N",
            $"Parts of the index, each with a lock for its writers: 1 to {KvStoreOptions.MaxPartitions}",
            $"{s_store.Partitions}",
            (store, text) => store with { Partitions = ParseNumber(text, 1, KvStoreOptions.MaxPartitions) }),
        OfStore("max-key-bytes", "SIZE", "The longest key", FormatBytes(s_store.Limits.MaxKeyBytes),
            (store, text) => store with
            {
                Limits = store.Limits with { MaxKeyBytes = ParseSize(text, 1, Limits.HighestMaxKeyBytes) },
            }),
        OfStore("max-value-bytes", "SIZE", "The longest value", FormatBytes(s_store.Limits.MaxValueBytes),
            (store, text) => store with
            {
                Limits = store.Limits with { MaxValueBytes = ParseSize(text, 0, Limits.HighestMaxValueBytes) },
            }),
        OfStore("garbage-ratio", "PART",
            "Garbage above this part of the live data is won back: 0.05 to 10",
            $"{s_store.Compaction.GarbageRatio}",
            (store, text) => store with
            {
                Compaction = store.Compaction with { GarbageRatio = ParseRatio(text, 0.05, 10) },
            }),
        OfStore("compaction-rate", "SIZE", "The most that compaction copies in a second, or off for no limit", Off,
            (store, text) => store with
            {
                Compaction = store.Compaction with
                {
                    MaxBytesPerSecond = text == Off ? null : ParseBytes(text, 1, long.MaxValue),
                },
            }),
    ];

    private static IEnumerable<Setting> AccessSettings() =>
    [
        new("password-file", "FILE", "A file whose one line is the password that clients must give", "",
            (settings, text) => settings with { PasswordFile = text }),
        new("insecure", "", "Listen where other machines can connect although there is no password; show figures there",
            "false",
            (settings, text) => settings with
            {
                Server = settings.Server with { Insecure = ParseSwitch(text) },
            })
        {
            IsSwitch = true,
        },
        new("tls-cert", "FILE", "Encrypt TCP connections (TLS) with this certificate: PEM, those above it behind it",
            "", (settings, text) => settings with { TlsCertificateFile = text }),
        new("tls-key", "FILE", "The private key of the certificate: PEM, not encrypted", "",
            (settings, text) => settings with { TlsKeyFile = text }),
    ];

    private static IEnumerable<Setting> LimitSettings() =>
    [
        OfServer("max-connections", "N", "The most clients at once; one more is told so", $"{s_server.MaxConnections}",
            (server, text) => server with { MaxConnections = ParseNumber(text, 1, int.MaxValue) }),
        OfServer("max-buffered-input", "SIZE", "Received and not yet executed, of one client",
            FormatBytes(s_server.MaxBufferedInputBytes),
            (server, text) => server with
            {
                MaxBufferedInputBytes = ParseSize(text, MinBufferedInputBytes, int.MaxValue),
            }),
        OfServer("max-buffered-output", "SIZE", "Replies not yet sent, of one client",
            FormatBytes(s_server.MaxBufferedOutputBytes),
            (server, text) => server with { MaxBufferedOutputBytes = ParseSize(text, 1, int.MaxValue) }),
        OfServer("handshake-timeout", "TIME", "How long a client may take to introduce itself",
            FormatTime(s_server.HandshakeTimeout),
            (server, text) => server with { HandshakeTimeout = ParseTime(text, s_millisecond) }),
        OfServer("idle-timeout", "TIME", "How long a client may say nothing, or off for as long as it likes", Off,
            (server, text) => server with { IdleTimeout = text == Off ? null : ParseTime(text, s_millisecond) }),
        OfServer("frame-timeout", "TIME", "How long a request may stay unfinished without progress",
            FormatTime(s_server.FrameTimeout),
            (server, text) => server with { FrameTimeout = ParseTime(text, s_millisecond) }),
        OfServer("min-frame-progress", "SIZE", "What counts as progress of an unfinished request, and of replies",
            FormatBytes(s_server.MinFrameProgressBytes),
            (server, text) => server with { MinFrameProgressBytes = ParseSize(text, 1, int.MaxValue) }),
        OfServer("send-timeout", "TIME",
            "How long a client may take none of its replies (of as many bytes as count for progress), or off",
            FormatTime(s_server.SendTimeout!.Value),
            (server, text) => server with { SendTimeout = text == Off ? null : ParseTime(text, s_millisecond) }),
        OfServer("drain-timeout", "TIME", "How long a server that stops goes on with clients that do not",
            FormatTime(s_server.DrainTimeout),
            (server, text) => server with { DrainTimeout = ParseTime(text, TimeSpan.Zero) }),
    ];

    private static IEnumerable<Setting> WatchingSettings() =>
    [
        new("http", "IP:PORT", "Where to show figures over HTTP (/metrics, /healthz, /readyz, /), or off", Off,
            (settings, text) => settings with { Http = text == Off ? null : Address.Parse(text) }),
        new("log", "FORMAT", $"How lines of the log are written: {string.Join(", ", s_logFormats)}", s_logFormats[0],
            (settings, text) => settings with
            {
                LogFormat = ParseOneOf(text, "format", s_logFormats) == "json" ? LogFormat.Json : LogFormat.Text,
            }),
        new("log-level", "LEVEL", $"What is worth a line: {string.Join(", ", s_logLevels)}", "info",
            (settings, text) => settings with { LogLevel = ParseLogLevel(text) }),
    ];

    private static Setting OfServer(string name, string valueName, string description, string defaultText,
        Func<KvsServerOptions, string, KvsServerOptions> apply) => new(name, valueName, description, defaultText,
        (settings, text) => settings with { Server = apply(settings.Server, text) });

    private static Setting OfStore(string name, string valueName, string description, string defaultText,
        Func<KvStoreOptions, string, KvStoreOptions> apply) => new(name, valueName, description, defaultText,
        (settings, text) => settings with { Store = apply(settings.Store, text) });

    private static int ParseSize(string text, int min, int max) => (int)ParseBytes(text, min, max);

    private static EndPoint[] ParseEndPoints(string text) =>
        [.. text.Split(Setting.ListSeparator, StringSplitOptions.TrimEntries).Select(Address.ParseEndPoint)];

    private static LogLevel ParseLogLevel(string text) => ParseOneOf(text, "level", s_logLevels) switch
    {
        "error" => LogLevel.Error,
        "warning" => LogLevel.Warning,
        "debug" => LogLevel.Debug,
        _ => LogLevel.Information,
    };
}
