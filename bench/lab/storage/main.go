// Lists a bucket: cloud.google.com/go/storage links xDS and more of gRPC unless the tag disable_grpc_modules says otherwise.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Println("usage: storage BUCKET")
		return
	}
	ctx := context.Background()
	client, err := storage.NewClient(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	objects := client.Bucket(os.Args[1]).Objects(ctx, nil)
	for {
		object, err := objects.Next()
		if err == iterator.Done {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(object.Name, object.Size)
	}
}
