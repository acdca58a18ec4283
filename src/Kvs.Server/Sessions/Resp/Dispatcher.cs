using System.Text;
using Kvs.Protocol.Resp;

namespace Kvs.Server.Sessions.Resp;

/// <summary>What happens to a request before a command executes it, in the order in which Redis looks at it.</summary>
internal static class Dispatcher
{
    /// <summary>How much of the name of a command that there is not, and of its arguments, an error repeats, in bytes.
    /// </summary>
    private const int MaxRepeatedBytes = 128;

    /// <summary>Executes a request, or queues it, or says why neither.</summary>
    /// <param name="session">Whose request it is.</param>
    /// <param name="command">The command of its name; null where there is none.</param>
    /// <param name="request">The request.</param>
    internal static void Dispatch(RespSession session, RespCommand? command, scoped in RespRequest request)
    {
        if (request.IsInline && LooksLikeHttp(request))
        {
            RespLog.CrossProtocol(session.Context.Logger);
            session.Close();
            return;
        }

        if (command is null)
        {
            RefuseUnknown(session, request);
            return;
        }

        if (command.Subcommands is { } subcommands && request.Count > 1)
        {
            RespCommand? subcommand = subcommands.Find(request[1]);
            if (subcommand is null)
            {
                string name = Latin1(request[1], MaxRepeatedBytes);
                Refuse(session, $"ERR unknown subcommand '{name}'. Try {command.Name.ToUpperInvariant()} HELP.");
                return;
            }

            command = subcommand;
        }

        if (!command.Takes(request.Count))
        {
            Refuse(session, RespErrors.WrongArity(command.Name), command);
        }
        else if (!session.IsOpen && !command.Is(CommandFlags.NoAuth))
        {
            Refuse(session, RespErrors.NotAuthenticated, command);
        }
        else if (!session.Transaction.IsOpen)
        {
            session.Client.LastCommand = command;
            session.Run(command, request);
        }
        else
        {
            session.Client.LastCommand = command;
            session.Transaction.Take(command, request);
        }
    }

    private static void Refuse(RespSession session, string error, RespCommand? command = null)
    {
        if (command is { Name: "exec" })
        {
            const string UsualWord = "ERR ";
            session.Transaction.End();
            string reason = error.StartsWith(UsualWord, StringComparison.Ordinal) ? error[UsualWord.Length..] : error;
            session.Reply.Error($"EXECABORT Transaction discarded because of: {reason}");
            return;
        }

        session.Transaction.NoteRefusal();
        session.Reply.Error(error);
    }

    private static void RefuseUnknown(RespSession session, scoped in RespRequest request)
    {
        if (Ascii.EqualsIgnoreCase(request[0], "post"u8) || Ascii.EqualsIgnoreCase(request[0], "host:"u8))
        {
            // A browser that was made to talk to this port: what follows is from somebody else than it seems.
            RespLog.CrossProtocol(session.Context.Logger);
            session.Close();
            return;
        }

        var arguments = new StringBuilder();
        for (int i = 1; i < request.Count && arguments.Length < MaxRepeatedBytes; i++)
        {
            string argument = Latin1(request[i], MaxRepeatedBytes - arguments.Length);
            arguments.Append('\'').Append(argument).Append("' ");
        }

        string name = Latin1(request[0], MaxRepeatedBytes);
        Refuse(session, $"ERR unknown command '{name}', with args beginning with: {arguments}");
    }

    /// <summary>Whether a line is the first of a request to a web server.</summary>
    private static bool LooksLikeHttp(scoped in RespRequest request) =>
        request.Count > 2 && request[request.Count - 1].StartsWith("HTTP/"u8);

    /// <summary>The begin of some bytes, each as one character: the way back gives the same bytes.</summary>
    private static string Latin1(ReadOnlySpan<byte> bytes, int maxBytes)
    {
        ReadOnlySpan<byte> begin = bytes[..Math.Min(bytes.Length, maxBytes)];

        // As what is printed in C does.
        int end = begin.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? begin : begin[..end]);
    }
}
