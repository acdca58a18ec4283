using System.CommandLine;
using System.Globalization;
using System.Net;
using Kvs.CommandLine;
using Kvs.Threading;

namespace Kvs.ServerProgram;

/// <summary>The options of <c>kvs-server</c>: their names, defaults and checks.</summary>
internal sealed class ServerOptions
{
    private const string DefaultFolder = "kvs-data";
    private const string DurabilityValues = "process, interval, interval:MS, disk";

    // No benchmark has compared the pools under the server's load yet; the one that does decides.
    private const string DefaultPool = SharedQueueThreadPool.PoolName;

    private readonly Option<IPEndPoint> _address = CommandLineProgram.CreateAddressOption("Where to listen");

    private readonly Option<string?> _engine = new("--engine")
    {
        Description = $"What keeps the data: {string.Join(", ", KvsEngines.Names)}; by default the engine that the " +
                      "folder was made with, else kvs",
        HelpName = "ENGINE",
    };

    private readonly Option<string> _folder = new("--data")
    {
        Description = "The folder of the data, made if it is missing",
        HelpName = "DIR",
        DefaultValueFactory = _ => DefaultFolder,
    };

    private readonly Option<string> _pool = new("--pool")
    {
        Description = $"The threads that serve requests: {string.Join(", ", ThreadPools.Names)}",
        HelpName = "POOL",
        DefaultValueFactory = _ => DefaultPool,
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "How many threads the pool has, at least 1; by default one for each processor",
        HelpName = "N",
        DefaultValueFactory = _ => Environment.ProcessorCount,
        CustomParser = result =>
            CommandLineProgram.ParseNumber(result, "--threads", 1, ThreadPools.MaxThreads),
    };

    private readonly Option<DurabilityChoice> _durability = new("--durability")
    {
        Description = "What an acknowledged write survives: process (the server's death), interval (the same; and a " +
                      "power cut takes the last second at most, or MS milliseconds with interval:MS), disk (a power " +
                      "cut)",
        HelpName = "LEVEL",
    };

    private readonly Option<int> _partitions = new("--partitions")
    {
        Description = $"Parts of the index, each with a lock for its writers: 1 to {KvStoreOptions.MaxPartitions}",
        HelpName = "N",
        DefaultValueFactory = _ => new KvStoreOptions().Partitions,
        CustomParser = result =>
            CommandLineProgram.ParseNumber(result, "--partitions", 1, KvStoreOptions.MaxPartitions),
    };

    public ServerOptions()
    {
        var defaults = new KvStoreOptions();
        _durability.DefaultValueFactory = _ => new DurabilityChoice(defaults.Durability, defaults.SyncInterval);
        _durability.CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (TryParseDurability(text, out (Durability Level, TimeSpan Interval) durability))
            {
                return new DurabilityChoice(durability.Level, durability.Interval);
            }

            result.AddError($"Unknown durability '{text}'. There are: {DurabilityValues} (at least 1 ms).");
            return default;
        };
        AcceptOnly(_engine, "engine", KvsEngines.Names);
        AcceptOnly(_pool, "pool", ThreadPools.Names);
        _folder.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { Length: 0 })
            {
                result.AddError("The name of the data folder is empty.");
            }
        });
    }

    /// <summary>Gives the command these options.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_address, _engine, _folder, _pool, _threads, _durability, _partitions])
        {
            command.Add(option);
        }
    }

    /// <summary>What was given.</summary>
    public ServerSettings Read(ParseResult parsed)
    {
        DurabilityChoice durability = parsed.GetRequiredValue(_durability);
        return new ServerSettings
        {
            Address = parsed.GetRequiredValue(_address),
            Engine = parsed.GetValue(_engine),
            Folder = parsed.GetRequiredValue(_folder),
            Pool = parsed.GetRequiredValue(_pool),
            Threads = parsed.GetRequiredValue(_threads),
            Store = new KvStoreOptions
            {
                Durability = durability.Level,
                SyncInterval = durability.Interval,
                Partitions = parsed.GetRequiredValue(_partitions),
                Log = ServerLog.Write,
            },
        };
    }

    private static void AcceptOnly(Option option, string what, IReadOnlyList<string> names) =>
        option.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => !names.Contains(token.Value)) is { } unknown)
            {
                result.AddError($"Unknown {what} '{unknown.Value}'. There are: {string.Join(", ", names)}.");
            }
        });

    private static bool TryParseDurability(string text, out (Durability Level, TimeSpan Interval) durability)
    {
        TimeSpan interval = new KvStoreOptions().SyncInterval;
        durability = text switch
        {
            "process" => (Durability.Process, interval),
            "interval" => (Durability.Interval, interval),
            "disk" => (Durability.Disk, interval),
            _ => default,
        };
        if (durability.Interval != default)
        {
            return true;
        }

        const string IntervalPrefix = "interval:";
        if (!text.StartsWith(IntervalPrefix, StringComparison.Ordinal) ||
            !int.TryParse(text.AsSpan(IntervalPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture,
                out int intervalMs) ||
            intervalMs < 1)
        {
            return false;
        }

        durability = (Durability.Interval, TimeSpan.FromMilliseconds(intervalMs));
        return true;
    }

    /// <summary>A level, as the help shows it where it is the default.</summary>
    private readonly record struct DurabilityChoice(Durability Level, TimeSpan Interval)
    {
        public override string ToString() => Level.ToString().ToLowerInvariant();
    }
}
