using System.Security.Cryptography;
using System.Text;

namespace Kvs.Server;

/// <summary>Who may use a server: everybody, or those who know its password. Any thread may call any member.</summary>
internal sealed class Access(string? password)
{
    private readonly byte[]? _hash = password is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(password));

    /// <summary>Whether a client must say a password.</summary>
    internal bool NeedsPassword => _hash is not null;

    /// <summary>Whether who says this may come in. Takes the same time whatever is said, and however much of it is
    /// right.</summary>
    internal bool Admits(ReadOnlySpan<byte> said)
    {
        if (_hash is null)
        {
            return true;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(said, hash);
        return CryptographicOperations.FixedTimeEquals(hash, _hash);
    }
}
