// A client that is signed in, with an access token that has expired, connects to an MCP server and leaves. It fails if it
// would open a browser.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(origin string) error {
	ctx := context.Background()
	config := &oauth2.Config{
		ClientID: "c",
		Endpoint: oauth2.Endpoint{TokenURL: origin + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	expired := &oauth2.Token{AccessToken: "a", RefreshToken: "r", Expiry: time.Unix(1, 0)}
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: "c"},
		RedirectURL:         "http://127.0.0.1:1/callback",
		InitialTokenSource:  config.TokenSource(ctx, expired),
		AuthorizationCodeFetcher: func(context.Context, *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			return nil, errors.New("the browser was asked for")
		},
	})
	if err != nil {
		return err
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "go", Version: "1"}, nil)
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: origin + "/mcp", OAuthHandler: handler}, nil)
	if err != nil {
		return err
	}
	return session.Close()
}
