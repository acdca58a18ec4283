using System.CommandLine;
using System.Net;
using System.Text;
using Kvs.Client;

namespace Kvs.ClientProgram.Commands;

/// <summary><c>mget KEY...</c>: prints for each key, in the order of the keys, what <c>get</c> prints. One that cannot
/// be read has a line that says so, and the standard error stream says why.</summary>
internal static class GetManyCommand
{
    /// <summary>How much of a key a message shows.</summary>
    private const int ShownCharacters = 64;

    public static Command Create()
    {
        var command = new ServerCommand("mget", "Print the values of several keys, each as get does");
        var keys = new Argument<string[]>("KEY")
        {
            Description = "The keys; none of them empty",
            Arity = ArgumentArity.OneOrMore,
        };
        Texts.RefuseEmptyKeys(keys);
        command.Add(keys);
        command.SetAction(parsed =>
        {
            Reading[] readings = [.. parsed.GetRequiredValue(keys).Select(static key => new Reading(key))];
            EndPoint[] addresses = command.GetAddresses(parsed);
            KvsClientOptions options = command.GetOptions(parsed);
            foreach (IGrouping<int, Reading> part in readings
                .GroupBy(reading => SlotMap.OwnerOf(reading.KeyBytes, addresses.Length)))
            {
                Read(addresses[part.Key], options, [.. part]);
            }

            WriteValues(readings);
            return WriteFailures(readings) ? 1 : 0;
        });
        return command;
    }

    /// <summary>Reads keys from their server. One that cannot be read costs the others nothing.</summary>
    private static void Read(EndPoint server, KvsClientOptions options, Reading[] readings)
    {
        var asked = new List<Reading>();
        try
        {
            using var pipeline = KvsPipeline.Connect(
                server, (in KvsReply reply) => asked[(int)reply.Index].Take(reply), options);
            foreach (Reading reading in readings)
            {
                // Before it is asked for, as that may bring the answer already.
                asked.Add(reading);
                try
                {
                    pipeline.Get(reading.KeyBytes);
                }
                catch (KvsLimitException error)
                {
                    asked.RemoveAt(asked.Count - 1);
                    reading.Fail(error);
                }
            }

            pipeline.Flush();
        }
        catch (KvsException error)
        {
            foreach (Reading reading in readings)
            {
                reading.Fail(error);
            }
        }
    }

    private static void WriteValues(Reading[] readings)
    {
        if (readings.All(static reading => reading.Failure is not null))
        {
            return;
        }

        using var output = new BytesOutput();
        foreach (Reading reading in readings)
        {
            output.WriteLine(
                reading.Failure is not null ? BytesOutput.KeyNotRead : reading.Value ?? BytesOutput.KeyNotFound);
        }
    }

    /// <summary>Names what could not be read; false where there is nothing.</summary>
    private static bool WriteFailures(Reading[] readings)
    {
        bool isAny = false;
        foreach (IGrouping<string, Reading> failed in readings
            .Where(static reading => reading.Failure is not null)
            .GroupBy(static reading => reading.Failure!))
        {
            isAny = true;
            Console.Error.WriteLine($"{failed.Key} Not read: {string.Join(", ", failed.Select(Describe))}");
        }

        return isAny;
    }

    private static string Describe(Reading reading) => reading.Key.Length <= ShownCharacters
        ? reading.Key
        : $"{reading.Key[..ShownCharacters]}...";

    /// <summary>A key, and what reading it came to.</summary>
    private sealed class Reading(string key)
    {
        private bool _isDone;

        internal string Key { get; } = key;

        internal byte[] KeyBytes { get; } = Encoding.UTF8.GetBytes(key);

        /// <summary>The value; null where the key is not there.</summary>
        internal byte[]? Value { get; private set; }

        /// <summary>Why it could not be read; null where it could.</summary>
        internal string? Failure { get; private set; }

        internal void Take(in KvsReply reply)
        {
            _isDone = true;
            Value = reply.IsFound ? reply.Value.ToArray() : null;
            Failure = reply.IsError ? reply.Message : null;
        }

        /// <summary>It will have no answer, unless it has one.</summary>
        internal void Fail(KvsException error)
        {
            Failure = _isDone ? Failure : error.Message;
            _isDone = true;
        }
    }
}
