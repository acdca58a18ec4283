using System.CommandLine;

namespace Kvs.ClientProgram.Commands;

/// <summary>What several commands say and take. Scripts depend on the texts.</summary>
internal static class Texts
{
    /// <summary>The answer where there is no such key.</summary>
    public const string KeyNotFound = "Key not found";

    /// <summary>What <c>mget</c> prints in the place of a value that could not be read.</summary>
    public const string KeyNotRead = "Key not read";

    /// <summary>The argument KEY.</summary>
    public static Argument<string> CreateKeyArgument()
    {
        var key = new Argument<string>("KEY") { Description = "The key; not empty" };
        RefuseEmptyKeys(key);
        return key;
    }

    /// <summary>Makes an empty key an error before any connection is made.</summary>
    public static void RefuseEmptyKeys(Argument keys) => keys.Validators.Add(result =>
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError("The key is empty; a key has at least 1 byte.");
        }
    });
}
